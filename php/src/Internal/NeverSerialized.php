<?php

declare(strict_types=1);

namespace Antom\Internal;

/**
 * For objects that hold secrets or connections, which belong in no cache, session or queue.
 *
 * @internal
 */
trait NeverSerialized
{
    /** @return array<string, mixed> */
    public function __serialize(): array
    {
        throw Check::error(self::class . ' cannot be serialized: keep what you need of it instead');
    }

    /** @param array<array-key, mixed> $data */
    public function __unserialize(array $data): void
    {
        throw Check::error(self::class . ' cannot be unserialized');
    }
}
