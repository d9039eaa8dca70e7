<?php

declare(strict_types=1);

namespace Antom\Tests;

use Antom\Answer;
use Antom\Client;
use Antom\Diagnosis;
use Antom\Exception\AntomException;
use Antom\Exception\InvalidArgumentException;
use Antom\Exception\ProtocolException;
use Antom\Vaulting;
use Antom\VaultingSession;
use PHPUnit\Framework\TestCase;

/**
 * Keys, session data and raw answers stand in no dump and no stack trace.
 */
final class SecretsTest extends TestCase
{
    private const DATA = 'canary-of-the-session-data';
    private const RAW = 'canary-of-the-raw-answer';

    /** Debug pages of frameworks cast objects to arrays, and look into closures and nested objects. */
    public function testNoDumpShowsASession(): void
    {
        $session = self::session();
        foreach (self::dumps($session) as $name => $dump) {
            self::assertStringNotContainsString('canary', $dump, $name);
        }
        foreach (['var_dump', 'print_r', 'var_export'] as $name) {
            self::assertStringContainsString('id-of-the-session', self::dumps($session)[$name], $name);
        }
        self::assertSame(self::DATA, $session->data());
        self::assertSame(self::RAW, $session->raw());
    }

    public function testNoDumpShowsWhatElseIsSecret(): void
    {
        foreach ([self::vaulting(), new Answer(self::RAW, ''), new Diagnosis(null, '', '', self::RAW)] as $object) {
            foreach (self::dumps($object) as $name => $dump) {
                self::assertStringNotContainsString('canary', $dump, get_class($object) . ": $name");
            }
        }
        self::assertSame('canary-token', self::vaulting()->cardToken());
        self::assertStringContainsString('CARD_EXPIRED', self::dumps(self::vaulting())['var_dump']);
    }

    public function testACopyOfASessionKeepsItsDataAfterTheFirstIsGone(): void
    {
        $session = self::session();
        $copy = clone $session;
        unset($session);
        self::assertSame(self::DATA, $copy->data());
        self::assertStringNotContainsString('canary', implode('', self::dumps($copy)));
    }

    public function testTheTableOfSecretsForgets(): void
    {
        $table = new \ReflectionProperty(\Antom\Internal\Secret::class, 'texts');
        if (PHP_VERSION_ID < 80100) {
            $table->setAccessible(true);
        }
        $before = count($table->getValue());
        $session = self::session();
        self::assertCount($before + 1, $table->getValue());
        unset($session);
        self::assertCount($before, $table->getValue());
    }

    public function testNoDumpShowsASettingOfAClient(): void
    {
        $settings = Gateway::offlineSettings([
            'agent_token' => 'canary-token',
            'endpoint' => 'https://127.0.0.1:1',
            'proxy' => 'http://u:canary@127.0.0.1:1',
        ]);
        $client = Client::create($settings);
        foreach (self::dumps($client) as $name => $dump) {
            self::assertStringNotContainsString('canary', $dump, $name);
            self::assertStringNotContainsString(substr($settings['private_key'], 100, 40), $dump, $name);
        }
    }

    /** @return iterable<string, array{object}> */
    public static function objects(): iterable
    {
        yield 'Client' => [Client::create(Gateway::offlineSettings())];
        yield 'VaultingSession' => [self::session()];
        yield 'Vaulting' => [self::vaulting()];
        yield 'Answer' => [new Answer(self::RAW, '')];
        yield 'Diagnosis' => [new Diagnosis(null, '', '', self::RAW)];
    }

    /** @dataProvider objects */
    public function testNothingIsSerialized(object $object): void
    {
        $this->expectException(InvalidArgumentException::class);
        $this->expectExceptionMessage('cannot be serialized');
        serialize($object);
    }

    /** @dataProvider objects */
    public function testNothingIsUnserialized(object $object): void
    {
        $name = get_class($object);
        $this->expectException(InvalidArgumentException::class);
        $this->expectExceptionMessage('cannot be unserialized');
        unserialize(sprintf('O:%d:"%s":0:{}', strlen($name), $name));
    }

    public function testWhatComesOutOfNothingDoesNoHarm(): void
    {
        // PHP makes the first one without asking the class.
        $client = @unserialize('C:12:"Antom\\Client":0:{}');
        self::assertInstanceOf(Client::class, $client);
        unset($client);
        (new \ReflectionClass(Client::class))->newInstanceWithoutConstructor();
    }

    public function testWhatASignerThrowsDoesNotShowWhatItSigned(): void
    {
        $before = ini_set('zend.exception_ignore_args', '0');
        try {
            $signer = static function (string $stringToSign): string {
                throw new \DomainException('no key today');
            };
            $settings = ['private_key' => null, 'signer' => $signer] + Gateway::offlineSettings();
            Client::create($settings)->call('/ams/api/v1/x', ['cardNo' => 'canary']);
            self::fail('this was signed');
        } catch (AntomException $exception) {
            $failure = $exception->getPrevious();
            self::assertInstanceOf(\DomainException::class, $failure);
            foreach ([$exception, $failure] as $shown) {
                $frames = array_slice($shown->getTrace(), 0, 5);
                self::assertStringNotContainsString('canary', print_r($frames, true) . $shown->getTraceAsString());
            }
        } finally {
            ini_set('zend.exception_ignore_args', (string) $before);
        }
    }

    public function testAnAnswerThatPhpCannotReadIsNotShown(): void
    {
        $before = ini_set('zend.exception_ignore_args', '0');
        try {
            (new Answer('{"token":"canary","x":"\ud800"}', ''))->members();
            self::fail('this was read');
        } catch (ProtocolException $exception) {
            self::assertStringStartsWith('PHP cannot read the JSON of the answer: ', $exception->getMessage());
            self::assertStringNotContainsString('canary', $exception->getTraceAsString());
            self::assertArrayNotHasKey('args', $exception->getTrace()[0]);
        } finally {
            ini_set('zend.exception_ignore_args', (string) $before);
        }
    }

    public function testAClientIsNotCloned(): void
    {
        self::assertFalse((new \ReflectionClass(Client::class))->isCloneable());
        $this->expectException(\Error::class);
        clone Client::create(Gateway::offlineSettings());
    }

    /** @return iterable<string, array{callable(): void}> */
    public static function failures(): iterable
    {
        $client = Client::create(Gateway::offlineSettings());
        yield 'unknown setting' => [static function (): void {
            Client::create(['private_kye' => 'canary']);
        }];
        yield 'a key in the place of a name' => [static function (): void {
            Client::create(["canary\nMIIEvQIBADANBg+/==" => 1]);
        }];
        yield 'wrong type' => [static function (): void {
            Client::create(['private_key' => ['canary']]);
        }];
        yield 'NUL' => [static function (): void {
            Client::create(['private_key_passphrase' => "canary\0"]);
        }];
        yield 'contradiction' => [static function (): void {
            Client::create(['private_key' => 'canary', 'private_key_path' => '/canary']);
        }];
        yield 'a key that cannot be read' => [static function (): void {
            Client::create(Gateway::offlineSettings(['private_key' => "-----BEGIN PRIVATE KEY-----\ncanary"]));
        }];
        yield 'a passphrase in vain' => [static function (): void {
            Client::create(Gateway::offlineSettings(['private_key' => 'x', 'private_key_passphrase' => 'canary']));
        }];
        yield 'a proxy with a password' => [static function (): void {
            Client::create(Gateway::offlineSettings(['proxy' => 'ftp://user:canary@proxy']));
        }];
        yield 'a setting that is no array' => [static function (): void {
            $settings = 'canary';
            Client::create($settings);
        }];
        yield 'a body that is no string' => [static function () use ($client): void {
            $client->sign('POST', '/x', '1', ['canary']);
        }];
        yield 'a wrong signature' => [static function () use ($client): void {
            $client->verify('POST', '/x', '1', 'canary-body', 'canary-signature');
        }];
        yield 'a request that is not sent' => [static function () use ($client): void {
            $client->createVaultingSession(['paymentMethodType' => 'CARD', 'passThroughMetadata' => 'canary']);
        }];
        yield 'a card with a mistake' => [static function () use ($client): void {
            $client->vaultPaymentMethod(['paymentMethodDetail' => ['card' => ['cardNumber' => 'canary']]]);
        }];
        yield 'a card that is no JSON' => [static function () use ($client): void {
            $client->vaultPaymentMethod(['env' => "canary\xff"]);
        }];
        yield 'a call that is not sent' => [static function () use ($client): void {
            $client->call('/ams/api/v1/canary', ['token' => 'canary'], false);
        }];
        yield 'a forged notification' => [static function () use ($client): void {
            $client->verifyNotification('POST', '/', ['Signature' => 'canary'], '{"token":"canary"}');
        }];
        yield 'further keys' => [static function (): void {
            Client::create(['antom_public_keys' => ['2' => 'canary']] + Gateway::offlineSettings());
        }];
        yield 'a session of wrong types' => [static function (): void {
            new VaultingSession('', '', 'canary', ['no date'], null, 'canary');
        }];
    }

    /**
     * @dataProvider failures
     * @param callable(): void $fail
     */
    public function testNoExceptionShowsASecret(callable $fail): void
    {
        $before = ini_set('zend.exception_ignore_args', '0');
        try {
            $fail();
            self::fail('this did not fail');
        } catch (AntomException | \TypeError $exception) {
            $ours = [];
            foreach ($exception->getTrace() as $frame) {
                // PHPUnit's own frames hold the test case.
                if (strncmp($frame['class'] ?? '', 'Antom\\', 6) === 0) {
                    $ours[] = $frame;
                }
            }
            $shown = $exception->getMessage() . $exception->getTraceAsString() . print_r($ours, true);
            if ($exception instanceof AntomException) {
                $shown .= $exception->advice();
                foreach ($ours as $frame) {
                    if (strncmp($frame['class'], 'Antom\\Tests\\', 12) !== 0) {
                        self::assertArrayNotHasKey('args', $frame);
                    }
                }
            } elseif (PHP_VERSION_ID < 80200) {
                self::markTestSkipped('PHP before 8.2 keeps the arguments of its own errors');
            }
            self::assertNotSame([], $ours);
            self::assertStringNotContainsString('canary', $shown);
        } finally {
            ini_set('zend.exception_ignore_args', (string) $before);
        }
    }

    private static function session(): VaultingSession
    {
        return new VaultingSession(
            'id-of-the-request',
            'id-of-the-session',
            self::DATA,
            '2026-08-17T13:00:00+08:00',
            null,
            self::RAW
        );
    }

    private static function vaulting(): Vaulting
    {
        return new Vaulting([
            'outcome' => Vaulting::SUCCEEDED,
            'requestId' => '1',
            'code' => 'CARD_EXPIRED',
            'cardToken' => 'canary-token',
            'raw' => self::RAW,
        ]);
    }

    /** @return array<string, string> */
    private static function dumps(object $object): array
    {
        ob_start();
        var_dump($object);
        $var_dump = ob_get_clean();
        ob_start();
        debug_zval_dump($object);
        $zval = ob_get_clean();
        return [
            'var_dump' => $var_dump,
            'debug_zval_dump' => $zval,
            'print_r' => print_r($object, true),
            'var_export' => var_export($object, true),
            'json_encode' => json_encode($object),
            'array cast' => print_r(self::castDeep($object), true),
            'array cast, exported' => var_export(self::castDeep($object), true),
            'http_build_query' => http_build_query((array) $object),
        ];
    }

    /** @return mixed what a dumper finds that casts every object to an array and asks closures for their variables */
    private static function castDeep(object $object)
    {
        $found = [get_class($object)];
        if ($object instanceof \Closure) {
            return (new \ReflectionFunction($object))->getStaticVariables();
        }
        foreach ((array) $object as $name => $value) {
            $found[$name] = is_object($value) && !$value instanceof \FFI\CData ? self::castDeep($value) : $value;
        }
        return $found;
    }
}
