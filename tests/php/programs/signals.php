<?php

/**
 * signals.php CHILDREN: ends children, each with one signal whose handler throws, while they make clients, notifications
 * and diagnoses, read and free them, and prints how many ended in which way.
 */

declare(strict_types=1);

namespace Antom\Tests;

use Antom\Client;
use Antom\Exception\UntrustedNotificationException;

require dirname(__DIR__) . '/bootstrap.php';

/** Waits no longer for a signal. */
const SECONDS = 2;

$client = Client::create(Gateway::offlineSettings());
$works = [
    'a client' => static function () use ($client): void {
        $client->withOptions(['timeout_ms' => 5]);
    },
    'a diagnosis' => static function () use ($client): void {
        $client->diagnose(false, 'POST', '/x', 'SANDBOX_5X00000000000000', '1', "a\0b", 'QUFB')->stringToSign();
    },
    'a refusal' => static function () use ($client): void {
        try {
            $client->verifyNotification('POST', '/x', ['Signature' => 'x'], '{}');
        } catch (UntrustedNotificationException $exception) {
            $client->acknowledgement();
        }
    },
];
// What follows finds all classes loaded: a handler that throws while one is loaded keeps it from being loaded.
foreach ($works as $once) {
    $once();
}
$ends = [];
for ($child = 0; $child < (int) $argv[1]; $child++) {
    $work = array_keys($works)[$child % count($works)];
    [$parents, $childs] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $pid = pcntl_fork();
    if ($pid === 0) {
        // Where a handler throws inside of PHP, the rest can fail, too: that is the child's end and not for the output.
        ini_set('display_errors', '0');
        ini_set('log_errors', '0');
        pcntl_async_signals(true);
        pcntl_signal(SIGUSR1, static function (): void {
            throw new \RuntimeException('the handler threw');
        });
        try {
            fwrite($childs, '!');
            $end = microtime(true) + SECONDS;
            while (microtime(true) < $end) {
                $works[$work]();
            }
            exit(1);
        } catch (\RuntimeException $exception) {
            // What is left must still work.
            $works[$work]();
            exit(0);
        }
    }
    fread($parents, 1);
    usleep(random_int(1000, 4000));
    posix_kill($pid, SIGUSR1);
    pcntl_waitpid($pid, $status);
    $end = pcntl_wifexited($status) ? 'exit ' . pcntl_wexitstatus($status) : 'signal ' . pcntl_wtermsig($status);
    $ends["$work: $end"] = ($ends["$work: $end"] ?? 0) + 1;
}
ksort($ends);
echo json_encode($ends), "\n";
