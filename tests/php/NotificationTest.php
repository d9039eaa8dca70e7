<?php

declare(strict_types=1);

namespace Antom\Tests;

use Antom\Client;
use Antom\Exception\AntomException;
use Antom\Exception\ConfigException;
use Antom\Exception\InvalidArgumentException;
use Antom\Exception\ProtocolException;
use Antom\Exception\UntrustedNotificationException;
use Antom\PdoReplayGuard;
use Antom\Vaulting;
use PHPUnit\Framework\TestCase;

/**
 * Notifications as web servers hand them to PHP, and repetitions of them.
 */
final class NotificationTest extends TestCase
{
    private const PATH = '/notify?shop=1';
    private const SUCCEEDED = '{"result":{"resultStatus":"S","resultCode":"SUCCESS"},"vaultingRequestId":"1",'
        . '"vaultingStatus":"SUCCESS","paymentMethodDetail":{"paymentMethodType":"CARD","card":{"cardToken":"TOKEN==",'
        . '"brand":"VISA","lastFour":"0768"}}}';
    private const FAILED = '{"result":{"resultStatus":"F","resultCode":"CARD_EXPIRED"},"vaultingRequestId":"1"}';
    private const PAUSED = '{"result":{"resultStatus":"S","resultCode":"SUCCESS"},"vaultingRequestId":"1",'
        . '"vaultingStatus":"PAUSED"}';
    private const UNRELATED = '{"notifyType":"PAYMENT_RESULT","paymentId":"9"}';

    // ---- verifying -----------------------------------------------------------------------------------------------

    /** @return iterable<string, array{callable(array<string, string>): array<array-key, mixed>}> */
    public static function forms(): iterable
    {
        yield 'getallheaders' => [static function (array $headers): array {
            return array_combine(array_map('ucwords', array_keys($headers)), $headers) + ['Host' => 'shop.example'];
        }];
        yield 'lower case' => [static function (array $headers): array {
            return $headers;
        }];
        yield 'upper case' => [static function (array $headers): array {
            return array_change_key_case($headers, CASE_UPPER);
        }];
        yield 'PSR-7' => [static function (array $headers): array {
            return array_map(static function (string $value): array {
                return [$value];
            }, $headers) + ['Accept' => ['a', 'b'], 'X-Empty' => []];
        }];
        yield '$_SERVER' => [static function (array $headers): array {
            $server = ['REQUEST_TIME' => 1, 'REQUEST_TIME_FLOAT' => 1.5, 'argv' => [], 'PATH' => "\xff"];
            foreach ($headers as $name => $value) {
                $server['HTTP_' . strtoupper(strtr($name, '-', '_'))] = $value;
            }
            return $server;
        }];
        yield 'with Latin-1 in another header' => [static function (array $headers): array {
            return $headers + ['User-Agent' => "caf\xe9"];
        }];
    }

    /**
     * @dataProvider forms
     * @param callable(array<string, string>): array<array-key, mixed> $form
     */
    public function testHeadersAreTakenInEveryForm(callable $form): void
    {
        $headers = $form(self::headers(self::SUCCEEDED));
        $vaulting = self::merchant()->verifyNotification('POST', self::PATH, $headers, self::SUCCEEDED);
        self::assertSame(['1', 'TOKEN==', '0768'], [
            $vaulting->requestId(), $vaulting->cardToken(), $vaulting->cardLastFour(),
        ]);
        self::assertTrue($vaulting->isSucceeded());
        self::assertSame(self::SUCCEEDED, $vaulting->raw());
        self::assertNull($vaulting->responseTime());
        self::assertSame('succeeded 1', $vaulting->notificationKey());
    }

    public function testEveryOutcomeHasItsKey(): void
    {
        self::assertSame('failed 1', self::notification(self::FAILED)->notificationKey());
        self::assertSame('PAUSED 1', self::notification(self::PAUSED)->notificationKey());
        $unrelated = self::notification(self::UNRELATED);
        self::assertSame([Vaulting::UNRELATED, '', null], [
            $unrelated->outcome(), $unrelated->requestId(), $unrelated->notificationKey(),
        ]);
        self::assertSame(self::UNRELATED, $unrelated->raw());
    }

    /** @return iterable<string, array{array<string, mixed>, string}> */
    public static function spoiled(): iterable
    {
        yield 'the body' => [['body' => self::SUCCEEDED . ' '], 'signature is not valid'];
        yield 'a NUL byte behind the body' => [['body' => self::SUCCEEDED . "\0"], 'signature is not valid'];
        yield 'the path' => [['path' => '/notify'], 'signature is not valid'];
        yield 'the method' => [['method' => 'PUT'], 'signature is not valid'];
        yield 'the client id' => [['client-id' => 'SANDBOX_5Y00000000000000'], 'for another client id'];
        yield 'no signature' => [['signature' => null], 'no signature header'];
        yield 'two signatures' => [['Signature' => 'x'], 'more than one signature header'];
        yield 'no time' => [['request-time' => null], 'no request-time header'];
        yield 'another time' => [['request-time' => '1'], 'signature is not valid'];
        yield 'a megabyte of rubbish' => [['signature' => str_repeat("\xff", 1 << 20)], 'not plain text'];
    }

    /**
     * @dataProvider spoiled
     * @param array<string, mixed> $changes
     */
    public function testASpoiledNotificationIsRefused(array $changes, string $why): void
    {
        $parts = ['method' => 'POST', 'path' => self::PATH, 'body' => self::SUCCEEDED];
        $headers = array_filter(array_diff_key($changes, $parts) + self::headers(self::SUCCEEDED), 'is_string');
        $parts = array_intersect_key($changes, $parts) + $parts;
        try {
            self::merchant()->verifyNotification($parts['method'], $parts['path'], $headers, $parts['body']);
            self::fail('this was trusted');
        } catch (UntrustedNotificationException $exception) {
            self::assertStringContainsString('do not act on this notification: ', $exception->getMessage());
            self::assertStringContainsString($why, $exception->getMessage());
            self::assertLessThan(2000, strlen($exception->getMessage()));
        }
    }

    public function testAGenuineNotificationWithoutItsCardBreaksTheProtocol(): void
    {
        $this->expectException(ProtocolException::class);
        self::notification('{"result":{"resultStatus":"S","resultCode":"SUCCESS"},"vaultingRequestId":"1"}');
    }

    public function testTheToleranceIsInSecondsAndNoneByDefault(): void
    {
        $time = (string) (1000 * (time() - 600));
        $headers = self::headers(self::FAILED, $time);
        $verify = static function (int $tolerance) use ($headers): string {
            return self::merchant()
                ->verifyNotification('POST', self::PATH, $headers, self::FAILED, $tolerance)->outcome();
        };
        self::assertSame(Vaulting::FAILED, $verify(0));
        self::assertSame(Vaulting::FAILED, $verify(1200));
        $this->expectException(UntrustedNotificationException::class);
        $verify(300);
    }

    public function testWhatAreNoHeadersIsRefused(): void
    {
        $refused = [
            'headers: a value: expected a string, got integer' => ['Signature' => 1],
            'toleranceSeconds: expected seconds from 0' => -1,
        ];
        foreach ($refused as $message => $headers) {
            try {
                $tolerance = is_int($headers) ? $headers : 0;
                $headers = is_int($headers) ? self::headers(self::FAILED) : $headers;
                self::merchant()->verifyNotification('POST', self::PATH, $headers, self::FAILED, $tolerance);
                self::fail("not refused: $message");
            } catch (InvalidArgumentException $exception) {
                self::assertStringContainsString($message, $exception->getMessage());
            }
        }
    }

    public function testRubbishFromOutsideIsNoMistakeOfTheShop(): void
    {
        $rubbish = [
            'headers: a value holds a NUL byte' => ['POST', self::PATH, ['Signature' => "x\0"]],
            'headers: a name: it is not UTF-8' => ['POST', self::PATH, ["\xff" => 'x']],
            'headers: a name: it holds a NUL byte' => ['POST', self::PATH, ["x\0" => 'x']],
            'path: it is not UTF-8' => ['POST', "/\xff", []],
            'method: it holds a NUL byte' => ["\0", self::PATH, []],
        ];
        foreach ($rubbish as $message => [$method, $path, $headers]) {
            try {
                self::merchant()->verifyNotification($method, $path, $headers, self::FAILED);
                self::fail("not refused: $message");
            } catch (UntrustedNotificationException $exception) {
                self::assertStringContainsString($message, $exception->getMessage());
            }
        }
    }

    public function testTheAcknowledgementIsTheDocumentedOne(): void
    {
        $expected = ['result' => ['resultCode' => 'SUCCESS', 'resultStatus' => 'S', 'resultMessage' => 'success']];
        self::assertSame($expected, json_decode(self::merchant()->acknowledgement(), true));
    }

    // ---- repetitions ---------------------------------------------------------------------------------------------

    /** @return iterable<string, array{int}> */
    public static function errorModes(): iterable
    {
        yield 'exceptions' => [\PDO::ERRMODE_EXCEPTION];
        yield 'silence' => [\PDO::ERRMODE_SILENT];
    }

    /** @dataProvider errorModes */
    public function testARepetitionIsKnownUntilItIsReleased(int $mode): void
    {
        $guard = self::guard(self::database(null, $mode));
        $first = self::notification(self::FAILED);
        $repeated = self::notification(self::FAILED);
        $other = self::notification(self::PAUSED);
        self::assertTrue($guard->claim($first));
        self::assertFalse($guard->claim($repeated));
        self::assertTrue($guard->claim($other));
        $guard->release($repeated);
        self::assertTrue($guard->claim($first));
        self::assertFalse($guard->claim($first));
    }

    public function testARollbackGivesTheClaimBack(): void
    {
        $database = self::database();
        $guard = self::guard($database);
        $notification = self::notification(self::FAILED);
        $database->beginTransaction();
        self::assertTrue($guard->claim($notification));
        self::assertFalse($guard->claim($notification));
        $database->rollBack();
        self::assertTrue($guard->claim($notification));
    }

    public function testSeveralServersShareTheTable(): void
    {
        $file = tempnam(sys_get_temp_dir(), 'antom-php-');
        try {
            $one = self::guard(self::database($file));
            $other = self::guard(self::database($file));
            $notification = self::notification(self::SUCCEEDED);
            self::assertTrue($one->claim($notification));
            self::assertFalse($other->claim($notification));
        } finally {
            unlink($file);
        }
    }

    public function testWhatIsOldIsForgotten(): void
    {
        $database = self::database();
        $guard = self::guard($database);
        $notification = self::notification(self::FAILED);
        $guard->claim($notification);
        $guard->forgetOld();
        self::assertFalse($guard->claim($notification));
        $database->exec('UPDATE antom_notifications SET claimed_at = claimed_at - 300000');
        $guard->forgetOld();
        self::assertTrue($guard->claim($notification));
    }

    public function testAGuardGivesBackOnlyWhatItClaimedItself(): void
    {
        $database = self::database();
        $notification = self::notification(self::SUCCEEDED);
        $slow = self::guard($database);
        self::assertTrue($slow->claim($notification));
        $database->exec('DELETE FROM antom_notifications');
        $next = self::guard($database);
        self::assertTrue($next->claim($notification));
        $slow->release($notification);
        self::assertFalse($slow->claim($notification));
        $next->release($notification);
        self::assertTrue($slow->claim($notification));
    }

    public function testWhatIsAboutNoVaultingIsNeverNew(): void
    {
        $guard = self::guard(self::database());
        $guard->release(self::notification(self::UNRELATED));
        self::assertFalse($guard->claim(self::notification(self::UNRELATED)));
    }

    public function testWhatIsNoNotificationIsRefused(): void
    {
        $guard = self::guard(self::database());
        $answer = new Vaulting(['outcome' => Vaulting::SUCCEEDED, 'requestId' => '1']);
        foreach (['claim', 'release'] as $step) {
            try {
                $guard->$step($answer);
                self::fail("not refused: $step");
            } catch (InvalidArgumentException $exception) {
                self::assertSame(
                    'PdoReplayGuard: this is no notification: give it what verifyNotification() returned',
                    $exception->getMessage()
                );
            }
        }
    }

    /** @dataProvider errorModes */
    public function testWithoutItsTableItFails(int $mode): void
    {
        $guard = new PdoReplayGuard(self::database(null, $mode), 'shop_notifications');
        $this->expectException(\RuntimeException::class);
        $this->expectExceptionMessage('shop_notifications');
        $guard->claim(self::notification(self::FAILED));
    }

    public function testTheTableMayHaveAnotherNameButNoOtherText(): void
    {
        $guard = new PdoReplayGuard(self::database(), 'main.shop_notifications');
        $guard->createTable();
        $guard->createTable();
        self::assertTrue($guard->claim(self::notification(self::FAILED)));
        foreach (['', 'a b', 'a;b', '1a', 'a.b.c', "a\n", 'a"b'] as $name) {
            try {
                new PdoReplayGuard(self::database(), $name);
                self::fail("accepted: $name");
            } catch (ConfigException $exception) {
                self::assertStringContainsString('letters, digits and _', $exception->getMessage());
            }
        }
    }

    private static function guard(\PDO $database): PdoReplayGuard
    {
        $guard = new PdoReplayGuard($database);
        $guard->createTable();
        return $guard;
    }

    private static function database(?string $file = null, int $mode = \PDO::ERRMODE_EXCEPTION): \PDO
    {
        return new \PDO('sqlite:' . ($file ?? ':memory:'), null, null, [\PDO::ATTR_ERRMODE => $mode]);
    }

    /** @throws AntomException */
    private static function notification(string $body): Vaulting
    {
        return self::merchant()->verifyNotification('POST', self::PATH, self::headers($body), $body);
    }

    /** @return array<string, string> */
    private static function headers(string $body, ?string $time = null): array
    {
        $time = $time ?? (string) (1000 * time());
        return [
            'content-type' => 'application/json',
            'client-id' => Gateway::offlineSettings()['client_id'],
            'request-time' => $time,
            'signature' => self::antom()->sign('POST', self::PATH, $time, $body),
        ];
    }

    private static function merchant(): Client
    {
        return Client::create(Gateway::offlineSettings());
    }

    /** Who holds Antom's private key signs as Antom does. */
    private static function antom(): Client
    {
        $keys = Repository::json('tests/vectors/signatures.json')['keys'];
        return Client::create(Gateway::offlineSettings([
            'private_key' => $keys['gateway']['private_pkcs8_der_b64'],
            'antom_public_key' => $keys['merchant']['public_spki_der_b64'],
        ]));
    }
}
