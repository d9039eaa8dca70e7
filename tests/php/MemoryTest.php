<?php

declare(strict_types=1);

namespace Antom\Tests;

use PHPUnit\Framework\TestCase;

/**
 * No call leaks: memory stays the same, in PHP and in the process.
 *
 * What takes long is in the group one-php: this machine's PHP is enough for it.
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
        yield 'an inquiry' => ['inquiry', 1000];
        yield 'a call of another API' => ['call', 1000];
        yield 'a hundred thousand notifications' => ['notification', 100000];
        yield 'a forged notification' => ['forged', 200];
        yield 'a diagnosis' => ['diagnosis', 200];
        yield 'a client' => ['client', 200];
        yield 'a client that is refused' => ['config', 200];
    }

    /** @return iterable<string, array{list<string>}> */
    public static function engines(): iterable
    {
        yield 'without opcache' => [['-d', 'opcache.enable_cli=0']];
        yield 'with opcache' => [['-d', 'opcache.enable_cli=1', '-d', 'opcache.jit=disable']];
        yield 'with JIT for functions' => [
            ['-d', 'opcache.enable_cli=1', '-d', 'opcache.jit_buffer_size=32M', '-d', 'opcache.jit=function'],
        ];
        yield 'with JIT for traces' => [
            ['-d', 'opcache.enable_cli=1', '-d', 'opcache.jit_buffer_size=32M', '-d', 'opcache.jit=tracing'],
        ];
    }

    /**
     * @dataProvider engines
     * @param list<string> $options
     */
    public function testEveryEngineOfPhpMakesTheSameCalls(array $options): void
    {
        // Often enough for JIT to see them as hot; the doctor tries much in each of its calls.
        $calls = ['session' => '300', 'notification' => '300', 'refuse' => '300', 'diagnosis' => '20'];
        foreach ($calls as $call => $times) {
            $program = Program::run(
                array_merge($options, [__DIR__ . '/programs/memory.php', $call, $times]),
                self::environment()
            );
            self::assertSame(0, $program->status, $program->output);
            self::assertSame(0, json_decode($program->output, true)['php_bytes'], $program->output);
        }
    }

    /** @group one-php */
    public function testValgrindFindsNothing(): void
    {
        // Zend's own memory manager would hide what is read behind an end.
        $environment = ['USE_ZEND_ALLOC' => '0', 'ZEND_DONT_UNLOAD_MODULES' => '1'] + self::environment();
        foreach (['session', 'notification'] as $call) {
            $program = Program::run(
                ['--error-exitcode=99', '--leak-check=full', '--errors-for-leak-kinds=definite', '--num-callers=30',
                    PHP_BINARY, '-d', 'opcache.enable_cli=0', '-d', 'pcre.jit=0',
                    __DIR__ . '/programs/memory.php', $call, '4'],
                $environment,
                'valgrind'
            );
            self::assertSame(0, $program->status, substr($program->output, -5000));
        }
    }

    /**
     * @group one-php
     * @dataProvider calls
     */
    public function testFlat(string $call, int $times): void
    {
        $environment = ['MALLOC_ARENA_MAX' => '1'] + self::environment();
        $program = Program::run([__DIR__ . '/programs/memory.php', $call, (string) $times], $environment);
        self::assertSame(0, $program->status, $program->output);
        $growth = json_decode($program->output, true);
        self::assertIsArray($growth, $program->output);
        self::assertSame(0, $growth['php_bytes'], $program->output);
        self::assertLessThanOrEqual(self::ALLOWED_KIB, $growth['process_kib'], $program->output);
    }

    /** @return array<string, string> */
    private static function environment(): array
    {
        return array_intersect_key(getenv(), ['ANTOM_LIBRARY' => 0, 'ANTOM_TEST_GATEWAY' => 0, 'PATH' => 0]);
    }
}
