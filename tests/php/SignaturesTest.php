<?php

declare(strict_types=1);

namespace Antom\Tests;

use Antom\Client;
use Antom\Exception\UntrustedResponseException;
use PHPUnit\Framework\TestCase;

/**
 * The signature vectors: what is signed equals what the vendor's own SDK signs, and every written form verifies.
 */
final class SignaturesTest extends TestCase
{
    /** @return iterable<string, array{array<string, string>}> */
    public static function cases(): iterable
    {
        foreach (Repository::json('tests/vectors/signatures.json')['cases'] as $case) {
            yield $case['name'] => [$case];
        }
    }

    /**
     * @dataProvider cases
     * @param array<string, string> $case
     */
    public function testSigned(array $case): void
    {
        $client = self::client($case, $case['signer'], self::other($case['signer']));
        $header = $client->sign($case['method'], $case['path'], $case['time'], $case['body']);
        self::assertSame($case['header_value_sdk_style'], $header);
    }

    /**
     * @dataProvider cases
     * @param array<string, string> $case
     */
    public function testEveryWrittenFormVerifies(array $case): void
    {
        $client = self::client($case, self::other($case['signer']), $case['signer']);
        $headers = [
            $case['header_value_sdk_style'],
            $case['header_value_docs_style'],
            'algorithm=RSA256,keyVersion=1,signature=' . $case['signature_urlencoded_lowercase_hex'],
            'algorithm=RSA256,keyVersion=1,signature=' . $case['signature_base64'],
        ];
        foreach ($headers as $header) {
            $client->verify($case['method'], $case['path'], $case['time'], $case['body'], $header);
        }
        $this->addToAssertionCount(count($headers));
    }

    /**
     * @dataProvider cases
     * @param array<string, string> $case
     */
    public function testAnyOtherValueDoesNotVerify(array $case): void
    {
        $client = self::client($case, self::other($case['signer']), $case['signer']);
        $good = [$case['method'], $case['path'], $case['time'], $case['body'], $case['header_value_sdk_style']];
        $changes = [0 => 'GET', 1 => $case['path'] . '/', 2 => $case['time'] . '0', 3 => $case['body'] . "\0", 4 => ''];
        foreach ($changes as $position => $value) {
            try {
                $client->verify(...array_replace($good, [$position => $value]));
                self::fail("another value at position $position verifies");
            } catch (UntrustedResponseException $exception) {
                self::assertSame('UntrustedResponse', $exception->kindName());
            }
        }
    }

    public function testABodyIsAnyBytesOfAnyLength(): void
    {
        $case = Repository::json('tests/vectors/signatures.json')['cases'][0];
        $signer = self::client($case, 'merchant', 'gateway');
        $verifier = self::client($case, 'gateway', 'merchant');
        foreach (['', "\0", "a\0b", "\xff\xfe\x80", random_bytes(1024 * 1024)] as $body) {
            $header = $signer->sign('POST', '/x', '1', $body);
            $verifier->verify('POST', '/x', '1', $body, $header);
            $this->expectNotToVerify($verifier, $body . "\0", $header);
        }
    }

    public function testTheDoctorSaysWhyASignatureDoesNotVerify(): void
    {
        $case = Repository::json('tests/vectors/signatures.json')['cases'][0];
        $merchant = self::client($case, 'merchant', 'gateway');
        $antom = self::client($case, 'gateway', 'merchant');
        $header = $merchant->sign('POST', '/ams/api/v1/x', '1', '{}');
        $cause = static function (Client $client, bool $own, string $path, string $header) use ($case): ?string {
            $diagnosis = $client->diagnose($own, 'POST', $path, $case['client_id'], '1', '{}', $header);
            self::assertSame($diagnosis->cause() === null, $diagnosis->what() === '');
            self::assertSame($diagnosis->cause() === null, $diagnosis->fix() === '');
            self::assertStringEndsWith('.1.{}', $diagnosis->stringToSign());
            self::assertStringNotContainsString('.1.{}', print_r($diagnosis, true));
            return $diagnosis->cause();
        };
        self::assertNull($cause($merchant, true, '/ams/api/v1/x', $header));
        self::assertSame('path_sandbox', $cause($merchant, true, '/ams/sandbox/api/v1/x', $header));
        self::assertSame('other_key', $cause($merchant, false, '/ams/api/v1/x', $header));
        self::assertNull($cause($antom, false, '/ams/api/v1/x', $header));
        self::assertSame('header_malformed', $cause($merchant, false, '/ams/api/v1/x', 'signature'));
    }

    private function expectNotToVerify(Client $client, string $body, string $header): void
    {
        try {
            $client->verify('POST', '/x', '1', $body, $header);
            self::fail('another body verifies');
        } catch (UntrustedResponseException $exception) {
            $this->addToAssertionCount(1);
        }
    }

    /** @param array<string, string> $case */
    private static function client(array $case, string $own, string $antom): Client
    {
        $keys = Repository::json('tests/vectors/signatures.json')['keys'];
        return Client::create([
            'client_id' => $case['client_id'],
            'private_key' => $keys[$own]['private_pkcs8_der_b64'],
            'antom_public_key' => $keys[$antom]['public_spki_der_b64'],
            'endpoint' => 'http://127.0.0.1:1',
        ]);
    }

    private static function other(string $signer): string
    {
        return $signer === 'merchant' ? 'gateway' : 'merchant';
    }
}
