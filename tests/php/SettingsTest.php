<?php

declare(strict_types=1);

namespace Antom\Tests;

use Antom\Client;
use Antom\Exception\ConfigException;
use Antom\Exception\InvalidArgumentException;
use Antom\Internal\Settings;
use PHPUnit\Framework\TestCase;

/**
 * What Client::create refuses before libantom sees it.
 */
final class SettingsTest extends TestCase
{
    /** @return iterable<string, array{array<array-key, mixed>, string}> */
    public static function refused(): iterable
    {
        yield 'a typing error' => [['privat_key' => 'x'], 'unknown setting "privat_key": did you mean "private_key"?'];
        yield 'camel case' => [['clientId' => 'x'], 'unknown setting "clientId": did you mean "client_id"?'];
        yield 'a path by its other name' => [['library_path' => '/x'], 'unknown setting "library_path"'];
        yield 'nothing like it' => [['zzz' => 1], 'unknown setting "zzz": expected one of client_id, private_key, '];
        yield 'a list' => [['SANDBOX_1'], 'unknown setting "0": expected one of '];
        yield 'a very long name' => [[str_repeat('x', 5000) => 1], 'unknown setting: expected one of '];
        yield 'an integer' => [['client_id' => 5], 'setting "client_id": expected a string, got integer'];
        yield 'false from getenv' => [['endpoint' => false], 'setting "endpoint": expected a string, got boolean (getenv() gives'];
        yield 'an array as key' => [['private_key' => ['x']], 'setting "private_key": expected a string, got array'];
        yield 'text as a number' => [
            ['timeout_ms' => '5000'],
            'setting "timeout_ms": expected a whole number of milliseconds, got string',
        ];
        yield 'seconds' => [['timeout_ms' => 1.5], 'setting "timeout_ms": expected a whole number of milliseconds'];
        yield 'a negative number' => [['connect_timeout_ms' => -1], 'setting "connect_timeout_ms": expected millisec'];
        yield 'too large a number' => [['timeout_ms' => 4294967296], 'expected milliseconds from 0 to 4294967295'];
        yield 'another product' => [['product' => 'APO'], 'setting "product": expected "apo" or "ams"'];
        yield 'a flag as a number' => [['shared' => 1], 'setting "shared": expected true or false, got integer'];
        yield 'a function as logger' => [['logger' => 'error_log'], 'setting "logger": expected an object with the'];
        yield 'another object as logger' => [['logger' => new \stdClass()], 'setting "logger": expected an object'];
        yield 'a list of keys' => [['antom_public_keys' => ['x']], 'setting "antom_public_keys": expected an array with'];
        yield 'a key that is no text' => [['antom_public_keys' => ['2' => 1]], '"antom_public_keys": a key: expected'];
        yield 'a product by number' => [['product' => 1], 'setting "product": expected a string, got integer'];
        $texts = ['client_id', 'private_key_path', 'private_key_passphrase', 'endpoint', 'agent_token', 'proxy'];
        foreach ($texts as $name) {
            yield "NUL in $name" => [[$name => "a\0b"], "setting \"$name\": it holds a NUL byte"];
            yield "Latin-1 in $name" => [[$name => "caf\xe9"], "setting \"$name\": it is not UTF-8"];
        }
    }

    /**
     * @dataProvider refused
     * @param array<array-key, mixed> $settings
     */
    public function testRefused(array $settings, string $message): void
    {
        try {
            Client::create($settings + Gateway::offlineSettings());
            self::fail('this was accepted');
        } catch (InvalidArgumentException $exception) {
            self::assertStringContainsString($message, $exception->getMessage());
            self::assertSame('InvalidArgument', $exception->kindName());
            self::assertSame('Correct the call; nothing was sent.', $exception->advice());
            self::assertFalse($exception->isRetryable());
        }
    }

    /** @return iterable<string, array{array<string, string>, string}> */
    public static function contradictions(): iterable
    {
        yield 'private key' => [['private_key_path' => '/x'], '"private_key" and "private_key_path"'];
        yield 'public key' => [['antom_public_key_path' => '/x'], '"antom_public_key" and "antom_public_key_path"'];
        yield 'gateway' => [['region' => 'asia'], '"endpoint" and "region"'];
        yield 'authority' => [
            ['ca_certificate' => 'x', 'ca_certificate_path' => '/x'],
            '"ca_certificate" and "ca_certificate_path"',
        ];
    }

    /**
     * @dataProvider contradictions
     * @param array<string, string> $settings
     */
    public function testContradictionsAreRefused(array $settings, string $names): void
    {
        $this->expectException(ConfigException::class);
        $this->expectExceptionMessage($names);
        Client::create($settings + Gateway::offlineSettings());
    }

    public function testTheRegionsAreThoseOfTheHeader(): void
    {
        $comment = strstr(Repository::text('include/antom.h'), 'the name of Antom\'s gateway');
        preg_match_all('/"(\w+)"/', strstr($comment, '*/', true), $found);
        sort($found[1]);
        self::assertSame($found[1], (new \ReflectionClassConstant(Settings::class, 'REGIONS'))->getValue());
        foreach ($found[1] as $region) {
            $settings = ['endpoint' => null, 'region' => $region] + Gateway::offlineSettings();
            self::assertInstanceOf(Client::class, Client::create($settings));
        }
    }

    public function testNullIsAbsent(): void
    {
        $none = ['private_key_path' => null, 'region' => null, 'timeout_ms' => null, 'library' => null];
        self::assertInstanceOf(Client::class, Client::create($none + Gateway::offlineSettings()));
    }

    public function testEverySettingReachesLibantom(): void
    {
        $refused = [
            'client_id' => 'a b',
            'private_key' => 'x',
            'antom_public_key' => 'x',
            'endpoint' => 'ftp://x',
            'key_version' => '',
            'agent_token' => "a\nb",
            'connect_timeout_ms' => 0,
            'timeout_ms' => 0,
            'ca_certificate' => 'x',
            'ca_certificate_path' => '/does/not/exist',
            'proxy' => 'not a url',
        ];
        foreach ($refused as $name => $value) {
            try {
                Client::create([$name => $value] + Gateway::offlineSettings());
                self::fail("$name does not reach libantom");
            } catch (ConfigException $exception) {
                self::assertSame('Config', $exception->kindName(), $name);
            }
        }
    }

    public function testAKeyMayBeDer(): void
    {
        $der = base64_decode(Gateway::offlineSettings()['private_key'], true);
        self::assertStringContainsString("\0", $der);
        self::assertInstanceOf(Client::class, Client::create(Gateway::offlineSettings(['private_key' => $der])));
    }

    public function testAMegabyteIsRefusedByLibantomNotCut(): void
    {
        $long = str_repeat('A', 1024 * 1024);
        foreach (['private_key', 'antom_public_key', 'ca_certificate', 'endpoint', 'proxy'] as $name) {
            try {
                Client::create([$name => $long] + Gateway::offlineSettings());
                self::fail("$name of a megabyte is accepted");
            } catch (ConfigException $exception) {
                self::assertLessThan(2000, strlen($exception->getMessage()), $name);
            }
        }
    }

    public function testEverySetterInTheHeaderHasASetting(): void
    {
        preg_match_all('/antom_options_set_(\w+)\(/', Repository::header(), $found);
        $types = (new \ReflectionClassConstant(\Antom\Internal\Settings::class, 'TYPES'))->getValue();
        // A callback: docs/decisions.md says why PHP has none.
        $withoutSetting = ['observer'];
        $withoutSetter = ['antom_public_keys', 'library', 'logger'];
        self::assertSame(
            array_values(array_diff($found[1], $withoutSetting)),
            array_values(array_diff(array_keys($types), $withoutSetter))
        );
    }
}
