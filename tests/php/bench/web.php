<?php

/**
 * web.php CURL_PROGRAM: what a call of Antom adds to the CPU time of a web page, beside a C program with libcurl and
 * OpenSSL that makes the same call on a kept connection. `make bench-php` runs it.
 *
 * An empty page, a page with a call and a call of the C program take turns, so that each of them finds the processor
 * as another program left it, and what else the machine does meets them alike.
 */

declare(strict_types=1);

namespace Antom\Tests;

require dirname(__DIR__) . '/bootstrap.php';

const ROUNDS = 5;
const CALLS = 1000;
/** What a page with a call may cost, as a multiple of the C program. */
const MOST = 1.3;

/**
 * How long a worker has run on a CPU, in microseconds, once it waits for the next page: what the C program asks the
 * system for itself.
 */
function cpu(int $worker): float
{
    while (strpos(file_get_contents("/proc/$worker/stat"), ') S ') === false) {
        usleep(100);
    }
    return (int) file_get_contents("/proc/$worker/schedstat") / 1000;
}

/** The CPU time of one page in a worker of PHP-FPM, in microseconds. */
function page(WebServer $server, int $worker, string $name): float
{
    $begin = cpu($worker);
    if ($server->get($name) !== 'ok') {
        throw new \RuntimeException("$name failed: " . $server->log());
    }
    return cpu($worker) - $begin;
}

/** @param list<float> $values */
function median(array $values): float
{
    sort($values);
    return $values[intdiv(count($values), 2)];
}

$settings = Gateway::settings();
$environment = [
    'ANTOM_CLIENT_ID' => $settings['client_id'],
    'ANTOM_PRIVATE_KEY_PATH' => $settings['private_key_path'],
    'ANTOM_PUBLIC_KEY_PATH' => $settings['antom_public_key_path'],
    'ANTOM_ENDPOINT' => $settings['endpoint'],
    'ANTOM_CA_CERTIFICATE_PATH' => $settings['ca_certificate_path'],
];
$header = tempnam(sys_get_temp_dir(), 'antom-bench-');
$program = Program::run(
    [Repository::path('php/bin/antom-preload'), $header, (string) realpath((string) getenv('ANTOM_LIBRARY'))],
    []
);
if ($program->status !== 0) {
    throw new \RuntimeException($program->output);
}
$server = new WebServer(
    [
        'ffi.preload' => $header,
        'opcache.preload' => Repository::path('php/preload.php'),
        'opcache.preload_user' => posix_getpwuid(posix_geteuid())['name'],
    ],
    ['pm.max_children' => '1'],
    $environment,
    __DIR__ . '/pages'
);
try {
    $worker = (int) exec('pgrep -P ' . $server->master());
    $command = [$argv[1]];
    foreach (['endpoint', 'client_id', 'private_key_path', 'antom_public_key_path', 'ca_certificate_path'] as $name) {
        $command[] = $settings[$name];
    }
    $c = proc_open($command, [['pipe', 'r'], ['pipe', 'w']], $pipes);
    $callInC = static function () use ($pipes): float {
        fwrite($pipes[0], '.');
        return (float) fgets($pipes[1]);
    };
    $ratios = [];
    printf("CPU time in microseconds, %d rounds of %d after one to warm up\n", ROUNDS, CALLS);
    for ($round = 0; $round <= ROUNDS; $round++) {
        $times = [];
        for ($i = 0; $i < CALLS; $i++) {
            $times['C'][] = $callInC();
            $times['empty'][] = page($server, $worker, 'empty.php');
            $times['call'][] = page($server, $worker, 'call.php');
        }
        ['C' => $inC, 'empty' => $empty, 'call' => $call] = array_map(__NAMESPACE__ . '\\median', $times);
        if ($round > 0) {
            $ratios[] = ($call - $empty) / $inC;
            printf("C %.0f, empty page %.0f, page with a call %.0f: %.2f\n", $inC, $empty, $call, end($ratios));
        }
    }
    fclose($pipes[0]);
    proc_close($c);
} finally {
    $server->stop();
    unlink($header);
}
$ratio = median($ratios);
printf("a call in PHP-FPM costs %.2f times as much as in C (at most %.1f)\n", $ratio, MOST);
exit($ratio <= MOST ? 0 : 1);
