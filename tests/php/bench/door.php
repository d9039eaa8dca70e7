<?php

/**
 * door.php LIBRARY: what the PHP package adds to a call, with a libantom that notes when a call enters and leaves it.
 *
 * It is all the time outside: checking and filling the request, PHP's FFI, the error and the result, reading from it
 * what a page needs, and releasing it. First in real calls to the test gateway. After their wait for the network the
 * processor has lost this package from its caches, and what that costs depends on the machine more than on the
 * package. So then the last answer is repeated at once: that is the package's own work.
 */

declare(strict_types=1);

namespace Antom\Tests;

use Antom\Client;

require dirname(__DIR__) . '/bootstrap.php';

const WARM_UP = 50;
const CALLS = 2000;
/** Microseconds of the package's own work. */
const MOST = 30.0;

$library = $argv[1];
$clock = \FFI::cdef(
    'uint64_t clock_entered(void); uint64_t clock_left(void); void clock_repeat_last_answer(void);',
    $library
);
$client = Client::create(['library' => $library] + Gateway::settings());
$request = ['paymentMethodType' => 'CARD', 'vaultingNotificationUrl' => 'https://shop.example/notify'];

/** @return float the median of what is added, in microseconds */
$measure = static function (string $what) use ($clock, $client, $request): float {
    $whole = $added = [];
    for ($i = -WARM_UP; $i < CALLS; $i++) {
        $begin = hrtime(true);
        $session = $client->createVaultingSession($request);
        $session->id();
        $session->data();
        unset($session);
        $end = hrtime(true);
        if ($i >= 0) {
            $whole[] = ($end - $begin) / 1e3;
            $added[] = ($clock->clock_entered() - $begin + $end - $clock->clock_left()) / 1e3;
        }
    }
    sort($whole);
    sort($added);
    $tenth = intdiv(CALLS, 10);
    printf(
        "%s: %.0f us, of which the PHP package adds %.1f (best tenth)  %.1f (median)  %.1f (worst tenth)\n",
        $what,
        $whole[5 * $tenth],
        $added[$tenth],
        $added[5 * $tenth],
        $added[9 * $tenth]
    );
    return $added[5 * $tenth];
};

$measure('a call that waits for the gateway');
$clock->clock_repeat_last_answer();
$own = $measure('the same answer at once');
printf("the package's own work in a call: %.1f us (at most %.0f)\n", $own, MOST);
exit($own <= MOST ? 0 : 1);
