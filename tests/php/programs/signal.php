<?php

/**
 * Calls somebody who never answers, while a signal comes whose handler throws, and prints what came of it: first of
 * the call, which fails, and then of one that succeeds.
 */

declare(strict_types=1);

namespace Antom\Tests;

use Antom\Client;

require dirname(__DIR__) . '/bootstrap.php';

$silent = stream_socket_server('tcp://127.0.0.1:0');
$endpoint = 'http://' . stream_socket_get_name($silent, false);
pcntl_async_signals(true);
pcntl_signal(SIGUSR1, static function (): void {
    throw new \RuntimeException('the handler threw');
});

foreach ([Gateway::offlineSettings(['endpoint' => $endpoint, 'timeout_ms' => 300]), Gateway::settings()] as $settings) {
    $client = Client::create($settings);
    $parent = getmypid();
    $child = pcntl_fork();
    if ($child === 0) {
        usleep(100000);
        posix_kill($parent, SIGUSR1);
        posix_kill(getmypid(), SIGKILL);
    }
    try {
        do {
            $client->createVaultingSession(['paymentMethodType' => 'CARD']);
        } while (true);
    } catch (\Exception $exception) {
        echo get_class($exception), ': ', strtok($exception->getMessage(), ':'), "\n";
    }
    pcntl_waitpid($child, $status);
}
