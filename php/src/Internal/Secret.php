<?php

declare(strict_types=1);

namespace Antom\Internal;

/**
 * Text that no dump shows: not var_dump, print_r, var_export, an array cast or a debugger page.
 *
 * The text stands in a static table and not in a property, because var_export and the debug pages of frameworks read
 * properties, and the variables of closures, whatever __debugInfo says.
 *
 * @internal
 */
final class Secret
{
    use NeverSerialized;

    /** @var array<int, string> */
    private static array $texts = [];

    public function __construct(
        #[\SensitiveParameter]
        string $text
    ) {
        self::$texts[spl_object_id($this)] = $text;
    }

    public function __destruct()
    {
        unset(self::$texts[spl_object_id($this)]);
    }

    public function reveal(): string
    {
        if (!isset(self::$texts[spl_object_id($this)])) {
            throw Check::error('this object was destroyed');
        }
        return self::$texts[spl_object_id($this)];
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
