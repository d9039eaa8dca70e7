<?php

declare(strict_types=1);

namespace Antom\Tests;

use Antom\Client;
use Antom\Exception\ApiException;
use Antom\Exception\ConfigException;
use Antom\Exception\InvalidArgumentException;
use Antom\Exception\SigningException;
use PHPUnit\Framework\TestCase;

/**
 * A function of the shop signs, for example with a key that never leaves an HSM.
 */
final class SignerTest extends TestCase
{
    private const CARD = ['paymentMethodType' => 'CARD', 'vaultingNotificationUrl' => 'https://shop.example/notify'];

    /** @var list<string> what the signer was given */
    private array $signed = [];

    public function testItSignsEveryCall(): void
    {
        $client = $this->client();
        $session = $client->createVaultingSession(self::CARD);
        self::assertMatchesRegularExpression('/^[0-9a-f]{32}$/D', $session->requestId());
        $named = $client->createVaultingSession(['vaultingRequestId' => 'signed_elsewhere'] + self::CARD);
        self::assertSame('signed_elsewhere', $named->requestId());
        self::assertTrue($client->inquireVaulting(['vaultingRequestId' => 'inquiry_succeeded'])->isSucceeded());
        self::assertTrue($client->recover('inquiry_succeeded')->isSucceeded());
        $answer = $client->withOptions(['timeout_ms' => 9000])
            ->call('/ams/api/v1/vaults/fetchNonce', ['vaultingRequestId' => 'call_succeeded']);
        self::assertArrayHasKey('result', $answer->members());
        $vaulting = $client->vaultPaymentMethod([
            'vaultingRequestId' => 'card_vaulted',
            'vaultingNotificationUrl' => 'https://shop.example/notify',
            'redirectUrl' => 'https://shop.example/done',
            'paymentMethodDetail' => ['paymentMethodType' => 'CARD', 'card' => ['cardNo' => '4054695723100768']],
            'env' => ['terminalType' => 'WEB'],
        ]);
        self::assertSame('0768', $vaulting->cardLastFour());
        self::assertCount(6, $this->signed);
        foreach ($this->signed as $string) {
            self::assertMatchesRegularExpression('~^POST /ams/sandbox/api/\S+\nSANDBOX_\w+\.\d{13}\.\{.*\}$~D', $string);
        }
    }

    public function testItSignsAHeaderAsTheKeyDoes(): void
    {
        $arguments = ['POST', '/ams/api/v1/x', '1753776000000', '{"a":"é"}'];
        $header = Client::create(Gateway::settings())->sign(...$arguments);
        self::assertSame($header, $this->client()->sign(...$arguments));
        self::assertSame(["POST /ams/api/v1/x\nSANDBOX_5X00000000000000.1753776000000.{\"a\":\"é\"}"], $this->signed);
        $this->expectException(InvalidArgumentException::class);
        $this->expectExceptionMessage('body, which a signer gets as text: it is not UTF-8');
        $this->client()->sign('POST', '/x', '1', "\xff");
    }

    public function testWhatItThrowsIsTheReason(): void
    {
        $failure = new \DomainException('canary');
        $signer = static function () use ($failure): string {
            throw $failure;
        };
        $exception = self::failure($this->client(['signer' => $signer]));
        self::assertSame('the request was not sent: the signer threw DomainException', $exception->getMessage());
        self::assertSame($failure, $exception->getPrevious());
        self::assertSame('Check the signer; nothing was sent.', $exception->advice());
        self::assertSame([0, false], [$exception->attempts(), $exception->isRetryable()]);
    }

    public function testItMustReturnBytes(): void
    {
        foreach (['boolean' => false, 'nothing' => ''] as $what => $returned) {
            $signer = static function () use ($returned) {
                return $returned;
            };
            $exception = self::failure($this->client(['signer' => $signer]));
            $message = "the signer returned $what, and not a string of bytes";
            self::assertStringContainsString($message, $exception->getMessage());
            self::assertMatchesRegularExpression('/^[0-9a-f]{32}$/D', $exception->requestId());
        }
    }

    public function testBase64IsRecognised(): void
    {
        $signer = function (string $string): string {
            return base64_encode($this->sign($string));
        };
        $exception = self::failure($this->client(['signer' => $signer]));
        self::assertStringContainsString('the signer returned text, probably base64, and not', $exception->getMessage());
    }

    public function testAFunctionOfPhpIsRefusedBecauseItWouldHaveTheRightsOfThisPackage(): void
    {
        foreach ([[\FFI::class, 'cdef'], \Closure::fromCallable('strrev'), [new \ArrayObject(), 'append']] as $signer) {
            try {
                $this->client(['signer' => $signer]);
                self::fail('accepted');
            } catch (InvalidArgumentException $exception) {
                self::assertSame(
                    'setting "signer": expected a function that is written in PHP',
                    $exception->getMessage()
                );
            }
        }
    }

    public function testAWrongSignatureIsFoundHereIfThePublicKeyIsKnown(): void
    {
        $wrong = function (string $string): string {
            return $this->sign("$string ");
        };
        $public = file_get_contents(Gateway::value('merchant_public_key_path'));
        $exception = self::failure($this->client(['signer' => $wrong, 'signer_public_key' => $public]));
        self::assertStringContainsString("does not fit the merchant's public key", $exception->getMessage());
        $this->client(['signer_public_key' => $public])->createVaultingSession(self::CARD);
        $this->expectException(ApiException::class);
        $this->expectExceptionMessage('INVALID_SIGNATURE');
        $this->client(['signer' => $wrong])->createVaultingSession(self::CARD);
    }

    public function testTheLogHasOneRecordForACall(): void
    {
        $logger = new class () {
            /** @var list<string> */
            public array $records = [];

            /** @param array<string, mixed> $context */
            public function log(string $level, string $message, array $context): void
            {
                $this->records[] = "$level $context[request_id]";
            }
        };
        $this->client(['logger' => $logger])->createVaultingSession(['vaultingRequestId' => 'logged'] + self::CARD);
        self::assertSame(['info logged'], $logger->records);
    }

    public function testAKeyAndASignerContradict(): void
    {
        foreach (['private_key', 'private_key_path'] as $name) {
            try {
                $this->client([$name => '/key']);
                self::fail("accepted beside $name");
            } catch (ConfigException $exception) {
                self::assertStringContainsString("\"$name\" and \"signer\": give only one", $exception->getMessage());
            }
        }
    }

    public function testANameOfAFunctionIsRefusedBecauseItCouldBeAKey(): void
    {
        $this->expectException(InvalidArgumentException::class);
        $this->expectExceptionMessage('setting "signer": expected a function that takes the string to sign');
        $this->client(['signer' => 'strrev']);
    }

    /** @param array<string, mixed> $others */
    private function client(array $others = []): Client
    {
        $settings = Gateway::settings(['private_key_path' => null]);
        return Client::create($others + ['signer' => [$this, 'sign']] + $settings);
    }

    /** Stands for an HSM. */
    public function sign(string $stringToSign): string
    {
        $this->signed[] = $stringToSign;
        $key = file_get_contents(Gateway::settings()['private_key_path']);
        self::assertTrue(openssl_sign($stringToSign, $signature, $key, OPENSSL_ALGO_SHA256));
        return $signature;
    }

    private static function failure(Client $client): SigningException
    {
        try {
            $client->createVaultingSession(self::CARD);
        } catch (SigningException $exception) {
            return $exception;
        }
        self::fail('this was signed');
    }
}
