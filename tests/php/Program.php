<?php

declare(strict_types=1);

namespace Antom\Tests;

/**
 * Runs a program in a PHP process of its own.
 */
final class Program
{
    private const SECONDS = 120;

    public int $status;
    /** Standard output and standard error together. */
    public string $output;

    /**
     * @param list<string> $command after the name of the program
     * @param array<string, string> $environment the whole environment
     * @param string $name of the program
     */
    public static function run(array $command, array $environment, string $name = PHP_BINARY): self
    {
        $output = tmpfile();
        $process = proc_open(
            array_merge([$name], $command),
            [['file', '/dev/null', 'r'], $output, $output],
            $pipes,
            null,
            $environment
        );
        if ($process === false) {
            throw new \RuntimeException('PHP does not start');
        }
        $deadline = microtime(true) + self::SECONDS;
        do {
            usleep(5000);
            $state = proc_get_status($process);
        } while ($state['running'] && microtime(true) < $deadline);
        if ($state['running']) {
            proc_terminate($process, SIGKILL);
        }
        proc_close($process);

        $program = new self();
        $program->status = $state['running'] ? -1 : ($state['signaled'] ? 128 + $state['termsig'] : $state['exitcode']);
        rewind($output);
        $program->output = stream_get_contents($output);
        return $program;
    }

    /**
     * As {@see run()}, for a file in tests/php/programs.
     *
     * @param list<string> $options of PHP
     * @param array<string, string> $environment
     */
    public static function file(string $name, array $options = [], array $environment = []): self
    {
        return self::run(array_merge($options, [__DIR__ . "/programs/$name"]), $environment);
    }
}
