<?php

declare(strict_types=1);

namespace Antom\Tests;

/**
 * The running test gateway, and keys for clients that call nobody.
 */
final class Gateway
{
    /** @var array{settings: array<string, string>, values: array<string, string>}|null */
    private static ?array $ready = null;

    /**
     * Settings with which a client reaches the gateway.
     *
     * @param array<string, mixed> $others settings that differ
     * @return array<string, mixed>
     */
    public static function settings(array $others = []): array
    {
        return $others + self::ready()['settings'];
    }

    public static function value(string $name): string
    {
        return self::ready()['values'][$name];
    }

    /**
     * Settings with the keys of the signature vectors and an endpoint where nothing listens.
     *
     * @param array<string, mixed> $others settings that differ
     * @return array<string, mixed>
     */
    public static function offlineSettings(array $others = []): array
    {
        $keys = Repository::json('tests/vectors/signatures.json')['keys'];
        return $others + [
            'client_id' => 'SANDBOX_5X00000000000000',
            'private_key' => $keys['merchant']['private_pkcs8_der_b64'],
            'antom_public_key' => $keys['gateway']['public_spki_der_b64'],
            'endpoint' => 'http://127.0.0.1:1',
        ];
    }

    /** @return array{settings: array<string, string>, values: array<string, string>} */
    private static function ready(): array
    {
        if (self::$ready === null) {
            $file = getenv('ANTOM_TEST_GATEWAY');
            if (!is_string($file) || !is_file($file)) {
                throw new \RuntimeException('ANTOM_TEST_GATEWAY names no file: start the tests with tests/php/run');
            }
            self::$ready = json_decode(file_get_contents($file), true, 512, JSON_THROW_ON_ERROR);
        }
        return self::$ready;
    }
}
