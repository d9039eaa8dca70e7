<?php

declare(strict_types=1);

namespace Antom\Internal;

use Antom\Exception\InvalidArgumentException;

/**
 * Checks what PHP callers give before it reaches C: names, types, and bytes that C would cut or refuse.
 *
 * No message holds a value.
 *
 * @internal
 */
final class Check
{
    private const LONGEST_NAME = 64;
    private const LONGEST_PATH = 512;
    private const LARGEST_UINT32 = 4294967295;

    private function __construct()
    {
    }

    /**
     * Refuses names that are not known, and says which one was probably meant.
     *
     * @param string $what what is named: "setting" or "field"
     * @param array<array-key, mixed> $given
     * @param array<string, mixed> $known by their names
     */
    public static function names(
        string $what,
        #[\SensitiveParameter]
        array $given,
        array $known
    ): void {
        foreach (array_diff_key($given, $known) as $name => $value) {
            $nearest = self::nearest((string) $name, array_keys($known));
            throw self::error(sprintf(
                'unknown %s%s: %s',
                $what,
                self::shown((string) $name),
                $nearest === null ? 'expected one of ' . implode(', ', array_keys($known)) : "did you mean \"$nearest\"?"
            ));
        }
    }

    /**
     * Text as C takes it: UTF-8, ended by the first NUL byte.
     *
     * @param mixed $value
     */
    public static function text(
        string $name,
        #[\SensitiveParameter]
        $value
    ): string {
        if (!is_string($value)) {
            throw self::wrongType($name, 'a string', $value);
        }
        if (strpos($value, "\0") !== false) {
            throw self::error("$name: it holds a NUL byte");
        }
        if (!self::isUtf8($value)) {
            throw self::error("$name: it is not UTF-8");
        }
        return $value;
    }

    /**
     * Whether each of them is what text() takes.
     *
     * @param array<array-key, string> $texts
     */
    public static function areTexts(
        #[\SensitiveParameter]
        array $texts
    ): bool {
        $joined = implode(' ', $texts);
        return strpos($joined, "\0") === false && self::isUtf8($joined);
    }

    /**
     * A string of any bytes: it reaches C with its length.
     *
     * @param mixed $value
     */
    public static function bytes(
        string $name,
        #[\SensitiveParameter]
        $value
    ): string {
        if (!is_string($value)) {
            throw self::wrongType($name, 'a string', $value);
        }
        return $value;
    }

    /**
     * A path that messages may repeat: what stands in its place by mistake may be a key.
     *
     * @param mixed $value
     */
    public static function path(
        string $name,
        #[\SensitiveParameter]
        $value
    ): string {
        $path = self::text($name, $value);
        if (strlen($path) > self::LONGEST_PATH || strpbrk($path, "\r\n") !== false) {
            throw self::error("$name: expected the path of a file");
        }
        return $path;
    }

    /** @param mixed $value */
    public static function whole(string $name, $value, string $unit): int
    {
        if (!is_int($value)) {
            throw self::wrongType($name, "a whole number of $unit", $value);
        }
        if ($value < 0 || $value > self::LARGEST_UINT32) {
            throw self::error("$name: expected $unit from 0 to " . self::LARGEST_UINT32);
        }
        return $value;
    }

    /** @param mixed $value */
    public static function boolean(string $name, $value): bool
    {
        if (!is_bool($value)) {
            throw self::wrongType($name, 'true or false', $value);
        }
        return $value;
    }

    /**
     * Text, or a map of strings, which becomes JSON text with its keys in order.
     *
     * @param mixed $value
     */
    public static function textOrMap(
        string $name,
        #[\SensitiveParameter]
        $value
    ): string {
        if (is_string($value)) {
            return self::text($name, $value);
        }
        if (!is_array($value)) {
            throw self::wrongType($name, 'a string, or an array of strings', $value);
        }
        foreach ($value as $key => $item) {
            self::text("$name: a name", (string) $key);
            if (!is_string($item)) {
                throw self::wrongType("$name: the value" . self::shown((string) $key), 'a string', $item);
            }
            if (!self::isUtf8($item)) {
                throw self::error("$name: the value" . self::shown((string) $key) . ' is not UTF-8');
            }
        }
        ksort($value, SORT_STRING);
        return self::json($name, $value);
    }

    /**
     * An array as the JSON object that it stands for.
     *
     * @param array<array-key, mixed> $members
     */
    public static function json(
        string $name,
        #[\SensitiveParameter]
        array $members
    ): string {
        if (self::isList($members)) {
            throw self::error("$name: expected an array with names as its keys, got a list");
        }
        try {
            return $members === [] ? '{}' : json_encode(
                $members,
                JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES
                | JSON_UNESCAPED_LINE_TERMINATORS | JSON_PRESERVE_ZERO_FRACTION
            );
        } catch (\JsonException $exception) {
            throw self::error("$name: it cannot be written as JSON: " . $exception->getMessage());
        }
    }

    /** @param array<array-key, mixed> $value */
    public static function isList(array $value): bool
    {
        return $value !== [] && array_keys($value) === range(0, count($value) - 1);
    }

    public static function error(string $message): InvalidArgumentException
    {
        return new InvalidArgumentException($message, ['advice' => 'Correct the call; nothing was sent.']);
    }

    /**
     * Asks what makes texts safe for HTML, which returns nothing for bytes that are not UTF-8. A regular expression is
     * the usual way, but the first one of a web page costs it 20 microseconds.
     */
    private static function isUtf8(
        #[\SensitiveParameter]
        string $text
    ): bool {
        return $text === '' || htmlspecialchars($text, ENT_NOQUOTES, 'UTF-8') !== '';
    }

    /** @param mixed $value */
    private static function wrongType(
        string $name,
        string $expected,
        #[\SensitiveParameter]
        $value
    ): InvalidArgumentException {
        $hint = $value === false ? ' (getenv() gives false for a variable that is not set)' : '';
        return self::error("$name: expected $expected, got " . gettype($value) . $hint);
    }

    /** A name in quotes, if it looks like one: what stands in its place by mistake may be a secret. */
    private static function shown(string $name): string
    {
        return preg_match('/^\w{1,' . self::LONGEST_NAME . '}$/D', $name) === 1 ? " \"$name\"" : '';
    }

    /** @param list<string> $known */
    private static function nearest(string $name, array $known): ?string
    {
        $name = self::simplified(substr($name, 0, self::LONGEST_NAME));
        $nearest = null;
        $smallest = 1 + intdiv(strlen($name), 3);
        foreach ($known as $candidate) {
            $distance = levenshtein($name, self::simplified($candidate));
            if ($distance < $smallest) {
                $smallest = $distance;
                $nearest = $candidate;
            }
        }
        return $nearest;
    }

    private static function simplified(string $name): string
    {
        return strtolower(str_replace(['_', '-', ' '], '', $name));
    }
}
