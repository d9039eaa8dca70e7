<?php

declare(strict_types=1);

namespace Antom\Tests;

/**
 * A running `antom sandbox`, which ends with stop() and at the latest with this process.
 */
final class Sandbox
{
    private const SECONDS = 30;

    /** @var resource */
    private $process;
    /** @var resource its standard input: the sandbox ends when it is closed */
    private $input;
    /** @var array<string, string> */
    private array $settings;

    /** @param list<string> $options of the command */
    public function __construct(array $options = [])
    {
        $command = array_merge(
            [(string) getenv('ANTOM_COMMAND'), 'sandbox', '--json', '--until-stdin-closes'],
            ['--http', '127.0.0.1:0', '--https', '127.0.0.1:0'],
            $options
        );
        $pipes = [];
        $process = proc_open($command, [['pipe', 'r'], ['pipe', 'w'], ['file', '/dev/null', 'a']], $pipes);
        if ($process === false) {
            throw new \RuntimeException('ANTOM_COMMAND names no program: start the tests with tests/php/run');
        }
        $this->process = $process;
        $this->input = $pipes[0];
        stream_set_timeout($pipes[1], self::SECONDS);
        $this->settings = json_decode((string) fgets($pipes[1]), true, 512, JSON_THROW_ON_ERROR);
    }

    public function stop(): void
    {
        if (is_resource($this->input)) {
            fclose($this->input);
            proc_close($this->process);
        }
    }

    /**
     * Settings with which a client reaches the sandbox.
     *
     * @return array<string, string>
     */
    public function settings(): array
    {
        return ['endpoint' => $this->settings['https']]
            + array_diff_key($this->settings, ['http' => true, 'https' => true]);
    }

    /**
     * What the examples read from the environment.
     *
     * @return array<string, string>
     */
    public function environment(): array
    {
        return [
            'ANTOM_CLIENT_ID' => $this->settings['client_id'],
            'ANTOM_PRIVATE_KEY_PATH' => $this->settings['private_key_path'],
            'ANTOM_PUBLIC_KEY_PATH' => $this->settings['antom_public_key_path'],
            'ANTOM_ENDPOINT' => $this->settings['https'],
            'ANTOM_CA_CERTIFICATE_PATH' => $this->settings['ca_certificate_path'],
        ];
    }

    /**
     * Steers the sandbox, see docs/sandbox-control.md.
     *
     * @param array<string, mixed>|null $body null asks, anything else is posted
     * @return array<string, mixed>
     */
    public function control(string $path, ?array $body = null): array
    {
        $options = ['ignore_errors' => true];
        if ($body !== null) {
            $header = 'Content-Type: application/json';
            $options += ['method' => 'POST', 'content' => json_encode($body), 'header' => $header];
        }
        $context = stream_context_create(['http' => $options]);
        $answer = file_get_contents("{$this->settings['http']}/__sandbox/$path", false, $context);
        return json_decode((string) $answer, true, 512, JSON_THROW_ON_ERROR);
    }

    /**
     * The only notification, once the sandbox is not just sending it.
     *
     * @return array<string, mixed>
     */
    public function notification(string $state): array
    {
        $deadline = microtime(true) + self::SECONDS;
        do {
            $sent = $this->control('notifications')['notifications'];
            if (count($sent) === 1 && $sent[0]['state'] === $state) {
                return $sent[0];
            }
            usleep(20000);
        } while (microtime(true) < $deadline);
        throw new \RuntimeException("expected one notification that is $state: " . json_encode($sent));
    }
}
