<?php

declare(strict_types=1);

namespace Antom\Internal;

/**
 * Texts that no dump shows: not var_dump, print_r, var_export, an array cast or a debugger page.
 *
 * They stand in a static table and not in a property, because var_export and the debug pages of frameworks read
 * properties, and the variables of closures, whatever __debugInfo says.
 *
 * @internal
 */
final class Secret
{
    use NeverSerialized;

    /** @var array<int, list<string>> */
    private static array $texts = [];

    public function __construct(
        #[\SensitiveParameter]
        string ...$texts
    ) {
        self::$texts[spl_object_id($this)] = $texts;
    }

    public function __destruct()
    {
        unset(self::$texts[spl_object_id($this)]);
    }

    /** @param int $which of the texts that were given */
    public function reveal(int $which = 0): string
    {
        if (!isset(self::$texts[spl_object_id($this)])) {
            throw Check::error('this object was destroyed');
        }
        return self::$texts[spl_object_id($this)][$which];
    }

    /** @return array{} */
    public function __debugInfo(): array
    {
        return [];
    }

    private function __clone()
    {
    }
}
