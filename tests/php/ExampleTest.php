<?php

declare(strict_types=1);

namespace Antom\Tests;

use PHPUnit\Framework\TestCase;

/**
 * The example that a reader tries first.
 */
final class ExampleTest extends TestCase
{
    private const EXAMPLE = 'examples/php/create_session.php';

    public function testItMakesASession(): void
    {
        $program = Program::run([Repository::path(self::EXAMPLE)], self::environment());
        self::assertSame(0, $program->status, $program->output);
        foreach (['request id', 'session id', 'expires at', 'session data'] as $line) {
            self::assertMatchesRegularExpression("/^$line: +\S/m", $program->output);
        }
    }

    public function testItSaysWhatToDo(): void
    {
        $environment = ['ANTOM_ENDPOINT' => Gateway::value('down')] + self::environment();
        $program = Program::run([Repository::path(self::EXAMPLE)], $environment);
        self::assertSame(1, $program->status, $program->output);
        self::assertStringContainsString('the request was not sent', $program->output);
        self::assertStringContainsString('Nothing was sent: it is safe to send again', $program->output);

        $environment = array_intersect_key(self::environment(), ['ANTOM_LIBRARY' => 0]);
        $program = Program::run([Repository::path(self::EXAMPLE)], $environment);
        self::assertSame(1, $program->status, $program->output);
        self::assertStringContainsString('client id', $program->output);
    }

    public function testItIsShort(): void
    {
        self::assertLessThan(60, substr_count(Repository::text(self::EXAMPLE), "\n"));
    }

    /** @return array<string, string> */
    private static function environment(): array
    {
        $settings = Gateway::settings();
        return [
            'ANTOM_CLIENT_ID' => $settings['client_id'],
            'ANTOM_PRIVATE_KEY_PATH' => $settings['private_key_path'],
            'ANTOM_PUBLIC_KEY_PATH' => $settings['antom_public_key_path'],
            'ANTOM_ENDPOINT' => $settings['endpoint'],
            'ANTOM_CA_CERTIFICATE_PATH' => $settings['ca_certificate_path'],
            'ANTOM_LIBRARY' => (string) getenv('ANTOM_LIBRARY'),
        ];
    }
}
