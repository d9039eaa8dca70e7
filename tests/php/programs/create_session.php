<?php

/** Creates a session at the test gateway, and prints its id or why there is none. */

declare(strict_types=1);

namespace Antom\Tests;

use Antom\Client;
use Antom\Exception\AntomException;

require dirname(__DIR__) . '/bootstrap.php';

try {
    echo Client::create(Gateway::settings())->createVaultingSession(['paymentMethodType' => 'CARD'])->id(), "\n";
} catch (AntomException $exception) {
    echo $exception->kindName(), ': ', $exception->getMessage(), "\n";
}
