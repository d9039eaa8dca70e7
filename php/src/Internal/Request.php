<?php

declare(strict_types=1);

namespace Antom\Internal;

use FFI\CData;

/**
 * A filled request struct. The pointer is good as long as this object lives.
 *
 * @internal
 */
final class Request
{
    public CData $pointer;

    /** @var list<CData> what the pointer points to */
    private array $memory;

    /** @param list<CData> $memory */
    public function __construct(CData $pointer, array $memory)
    {
        $this->pointer = $pointer;
        $this->memory = $memory;
    }
}
