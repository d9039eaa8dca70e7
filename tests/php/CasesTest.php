<?php

declare(strict_types=1);

namespace Antom\Tests;

use Antom\Client;
use Antom\Exception\AntomException;
use Antom\VaultingSession;
use PHPUnit\Framework\TestCase;

/**
 * Runs the cases that all languages share; tests/README.md says what they mean.
 */
final class CasesTest extends TestCase
{
    /** Settings of which only one may be given. */
    private const FORMS = [
        ['private_key', 'private_key_base64', 'private_key_path'],
        ['antom_public_key', 'antom_public_key_base64', 'antom_public_key_path'],
        ['ca_certificate', 'ca_certificate_path'],
        ['endpoint', 'region'],
    ];

    /** Shorter ones, such as "x", stand in messages for other reasons. */
    private const SHORTEST_SECRET = 12;

    /** @return iterable<string, array{array<string, mixed>}> */
    public static function cases(): iterable
    {
        $files = glob(Repository::path('tests/vectors/cases/*.json')) ?: [];
        foreach ($files as $file) {
            foreach (json_decode(file_get_contents($file), true, 512, JSON_THROW_ON_ERROR)['cases'] as $case) {
                if (in_array('php', $case['languages'] ?? ['php'], true)) {
                    yield $case['name'] => [$case];
                }
            }
        }
    }

    /**
     * @dataProvider cases
     * @param array<string, mixed> $case
     */
    public function testCase(array $case): void
    {
        $request = $case['request'] ?? ['paymentMethodType' => 'CARD'];
        $request += ['vaultingRequestId' => $case['name']];
        $settings = self::settings($case['settings'] ?? []);
        try {
            $session = Client::create($settings)->createVaultingSession($request);
        } catch (AntomException $exception) {
            self::assertException($case['expect'], $exception);
            self::assertNoSecret($settings, $exception);
            return;
        }
        self::assertSession($case['expect'], $session);
    }

    /** @param array<string, mixed> $expect */
    private static function assertSession(array $expect, VaultingSession $session): void
    {
        $found = [
            'kind' => 'Session',
            'request_id' => $session->requestId(),
            'session_id' => $session->id(),
            'data' => $session->data(),
            'expires_at' => $session->expiresAt()->format(DATE_RFC3339_EXTENDED),
            'normal_url' => $session->normalUrl(),
        ];
        if (isset($expect['expires_at'])) {
            $expect['expires_at'] = (new \DateTimeImmutable($expect['expires_at']))->format(DATE_RFC3339_EXTENDED);
        }
        self::assertSame($expect, array_intersect_key(array_replace($expect, $found), $expect));
        self::assertSame($session->id(), json_decode($session->raw(), true)['vaultingSessionId']);
        self::assertStringNotContainsString($session->data(), print_r($session, true));
    }

    /** @param array<string, mixed> $expect */
    private static function assertException(array $expect, AntomException $exception): void
    {
        foreach (['message' => $exception->getMessage(), 'advice' => $exception->advice()] as $member => $text) {
            foreach ($expect[$member] ?? [] as $part) {
                self::assertStringContainsString($part, $text, $member);
            }
            unset($expect[$member]);
        }
        $found = [
            'kind' => $exception->kindName(),
            'retryable' => $exception->isRetryable(),
            'result_code' => $exception->resultCode(),
            'authenticated' => $exception->isAuthenticated(),
            'http_status' => $exception->httpStatus(),
            'attempts' => $exception->attempts(),
            'violations' => array_column($exception->violations(), 'field'),
            'request_id' => $exception->requestId(),
        ];
        self::assertSame(
            $expect,
            array_intersect_key(array_replace($expect, $found), $expect),
            $exception->getMessage()
        );
        self::assertDoesNotMatchRegularExpression('/[\x00-\x1f\x7f]/', $exception->getMessage());
        self::assertNotSame('', $exception->getMessage());
        self::assertNotSame('', $exception->advice());
        self::assertSame($exception->getCode(), $exception->kind());
        self::assertSame("Antom\\Exception\\{$exception->kindName()}Exception", get_class($exception));
    }

    /**
     * PHPUnit's frames hold the case itself, so only what is this package's is looked at.
     *
     * @param array<string, mixed> $settings
     */
    private static function assertNoSecret(array $settings, AntomException $exception): void
    {
        $shown = $exception->getMessage() . $exception->advice() . $exception->getTraceAsString();
        foreach (['private_key', 'private_key_passphrase', 'agent_token', 'proxy'] as $name) {
            if (strlen($settings[$name] ?? '') >= self::SHORTEST_SECRET) {
                self::assertStringNotContainsString($settings[$name], $shown, $name);
            }
        }
        self::assertStringNotContainsString('DATA+/', $shown);
    }

    /**
     * The gateway's settings, with those of a case on top.
     *
     * @param array<string, mixed> $others
     * @return array<string, mixed>
     */
    private static function settings(array $others): array
    {
        // Clients that share also share how often they may try again.
        $settings = Gateway::settings(['shared' => false]);
        foreach ($others as $name => $value) {
            foreach (self::FORMS as $forms) {
                if (in_array($name, $forms, true)) {
                    $settings = array_diff_key($settings, array_flip($forms));
                }
            }
            if (is_string($value) && strncmp($value, '@', 1) === 0) {
                $value = Gateway::value(substr($value, 1));
            }
            if (substr($name, -strlen('_base64')) === '_base64' && $value !== null) {
                $name = substr($name, 0, -strlen('_base64'));
                $value = base64_decode($value, true);
            }
            $settings[$name === 'passphrase' ? 'private_key_passphrase' : $name] = $value;
        }
        return $settings;
    }
}
