<?php

declare(strict_types=1);

namespace Antom\Tests;

use PHPUnit\Framework\TestCase;

/**
 * No call leaks: memory stays the same, in PHP and in the process.
 */
final class MemoryTest extends TestCase
{
    private const ALLOWED_KIB = 256;

    /** @return iterable<string, array{string, int}> */
    public static function calls(): iterable
    {
        yield 'sign and verify' => ['sign', 2000];
        yield 'a refused request' => ['refuse', 2000];
        yield 'a session' => ['session', 1000];
        yield 'a client' => ['client', 200];
        yield 'a client that is refused' => ['config', 200];
    }

    /** @dataProvider calls */
    public function testFlat(string $call, int $times): void
    {
        $environment = array_intersect_key(getenv(), ['ANTOM_LIBRARY' => 0, 'ANTOM_TEST_GATEWAY' => 0]);
        $environment['MALLOC_ARENA_MAX'] = '1';
        $program = Program::run([__DIR__ . '/programs/memory.php', $call, (string) $times], $environment);
        self::assertSame(0, $program->status, $program->output);
        $growth = json_decode($program->output, true);
        self::assertIsArray($growth, $program->output);
        self::assertSame(0, $growth['php_bytes'], $program->output);
        self::assertLessThanOrEqual(self::ALLOWED_KIB, $growth['process_kib'], $program->output);
    }
}
