<?php

/**
 * What the PHP package adds to a call: the whole call seen from PHP, less the time that libantom itself needed for the
 * same function through FFI. The two take turns, call by call, against the test gateway.
 */

declare(strict_types=1);

namespace Antom\Tests;

use Antom\Client;
use Antom\Internal\Native;

require dirname(__DIR__) . '/bootstrap.php';

const ROUNDS = 7;
const CALLS = 300;
/** Microseconds. */
const MOST = 30.0;

/** The CPU time of a call in microseconds. */
function timed(callable $call): float
{
    $begin = cpu();
    $call();
    return cpu() - $begin;
}

/** @param list<float> $values */
function median(array $values): float
{
    sort($values);
    return $values[intdiv(count($values), 2)];
}

/** User and system time of this process, in microseconds. */
function cpu(): float
{
    $usage = getrusage();
    return ($usage['ru_utime.tv_sec'] + $usage['ru_stime.tv_sec']) * 1e6
        + $usage['ru_utime.tv_usec'] + $usage['ru_stime.tv_usec'];
}

$settings = Gateway::settings();
$request = ['paymentMethodType' => 'CARD', 'vaultingNotificationUrl' => 'https://shop.example/notify'];
$client = Client::create($settings);

// The same C client, called with a request that is filled only once, and nothing read from its answer.
$native = Native::instance();
$handle = (function (): \FFI\CData {
    return $this->handle;
})->call($client);
[$struct, $memory] = $native->request('antom_create_vaulting_session_request', [
    'payment_method_type' => $request['paymentMethodType'],
    'vaulting_notification_url' => $request['vaultingNotificationUrl'],
]);
$bare = static function () use ($native, $handle, $struct, $memory): void {
    $session = $native->produce(
        'antom_client_create_vaulting_session',
        'antom_vaulting_session',
        [$handle, $struct]
    );
    $native->functions()->antom_vaulting_session_free($session);
};
$whole = static function () use ($client, $request): void {
    $client->createVaultingSession($request);
};

timed($whole);
$added = [];
printf("CPU time in microseconds, %d rounds of %d\n", ROUNDS, CALLS);
for ($round = 0; $round < ROUNDS; $round++) {
    $times = [];
    for ($i = 0; $i < CALLS; $i++) {
        $times['libantom'][] = timed($bare);
        $times['PHP'][] = timed($whole);
    }
    ['libantom' => $libantom, 'PHP' => $php] = array_map(__NAMESPACE__ . '\\median', $times);
    $added[] = $php - $libantom;
    printf("libantom %.0f, from PHP %.0f: %.1f\n", $libantom, $php, $php - $libantom);
}
printf("the PHP package adds %.1f microseconds to a call (at most %.0f)\n", median($added), MOST);
exit(median($added) <= MOST ? 0 : 1);
