<?php

/**
 * A page that makes a client and one call, and prints what happened as JSON.
 *
 * With the query "kill" its process is killed in the middle of the page, if it is the first to find the file of that
 * name.
 */

declare(strict_types=1);

namespace Antom\Tests;

use Antom\Client;
use Antom\Exception\AntomException;

header('Content-Type: application/json');
require dirname(__DIR__, 3) . '/php/autoload.php';

$settings = json_decode(file_get_contents(getenv('ANTOM_TEST_GATEWAY')), true)['settings'];
try {
    $session = Client::create(['product' => $_GET['product'] ?? 'apo'] + $settings)->createVaultingSession([
        'paymentMethodType' => 'CARD',
        'vaultingNotificationUrl' => 'https://shop.example/notify',
    ]);
    if (isset($_GET['kill']) && @unlink($_GET['kill'])) {
        posix_kill(getmypid(), 9);
    }
    $connection = json_decode($session->raw(), true)['connection'];
    echo json_encode(['connection' => $connection, 'worker' => getmypid(), 'request' => $session->requestId()]);
} catch (AntomException $exception) {
    echo json_encode(['failed' => $exception->getMessage()]);
}
