<?php

declare(strict_types=1);

namespace Antom\Internal;

/**
 * Times as Antom writes them. PHP's own parser would also take "tomorrow". Read where they are asked for, because the
 * first date of a web request makes PHP open the file of its time zone.
 *
 * @internal
 */
final class Time
{
    private function __construct()
    {
    }

    /** ISO 8601 with an offset, which is kept; null for anything else. */
    public static function read(string $text): ?\DateTimeImmutable
    {
        if (preg_match('/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/D', $text) !== 1) {
            return null;
        }
        return date_create_immutable($text) ?: null;
    }
}
