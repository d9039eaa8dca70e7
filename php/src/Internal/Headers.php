<?php

declare(strict_types=1);

namespace Antom\Internal;

use Antom\Exception\InvalidArgumentException;
use Antom\Exception\UntrustedNotificationException;

/**
 * The headers of a web request, in each of the forms in which PHP programs have them, as names and values.
 *
 * @internal
 */
final class Headers
{
    private const SERVER_PREFIX = 'HTTP_';

    private function __construct()
    {
    }

    /**
     * @param array<array-key, mixed> $headers $_SERVER, or names with a value (getallheaders) or values (PSR-7)
     * @return list<array{string, string}>
     */
    public static function pairs(
        #[\SensitiveParameter]
        array $headers
    ): array {
        $server = self::fromServer($headers);
        $pairs = [];
        foreach ($server ?: $headers as $name => $values) {
            foreach (is_array($values) ? $values : [$values] as $value) {
                $value = Check::bytes('headers: a value', $value);
                if (strpos($value, "\0") !== false) {
                    throw self::untrusted('headers: a value holds a NUL byte');
                }
                $pairs[] = [self::text('headers: a name', (string) $name), $value];
            }
        }
        return $pairs;
    }

    /** Text that came from outside: what it holds is no mistake of the shop. */
    public static function text(string $name, string $text): string
    {
        try {
            return Check::text($name, $text);
        } catch (InvalidArgumentException $exception) {
            throw self::untrusted($exception->getMessage());
        }
    }

    private static function untrusted(string $problem): UntrustedNotificationException
    {
        return new UntrustedNotificationException(
            "the notification must not be acted on: $problem",
            ['advice' => 'Answer with HTTP 400.']
        );
    }

    /**
     * What a web server wrote into $_SERVER, beside much that is no header; nothing if this is not $_SERVER.
     *
     * @param array<array-key, mixed> $variables
     * @return array<string, mixed>
     */
    private static function fromServer(
        #[\SensitiveParameter]
        array $variables
    ): array {
        $headers = [];
        foreach ($variables as $name => $value) {
            if (strncmp((string) $name, self::SERVER_PREFIX, strlen(self::SERVER_PREFIX)) === 0) {
                $header = substr((string) $name, strlen(self::SERVER_PREFIX));
                $headers[strtolower(str_replace('_', '-', $header))] = $value;
            }
        }
        return $headers;
    }
}
