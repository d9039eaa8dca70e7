<?php

/**
 * create_client.php [LIBRARY...]: makes a client for each, or one, and prints which library it uses or why there is
 * none.
 *
 * ANTOM_PACKAGE names another folder with the package.
 */

declare(strict_types=1);

namespace Antom\Tests;

use Antom\Client;
use Antom\Exception\AntomException;

error_reporting(E_ALL);
ini_set('display_errors', '1');
require (getenv('ANTOM_PACKAGE') ?: dirname(__DIR__, 3) . '/php') . '/autoload.php';
require dirname(__DIR__) . '/Repository.php';
require dirname(__DIR__) . '/Gateway.php';

foreach (array_slice($argv ?? [], 1) ?: [null] as $library) {
    try {
        $client = Client::create(Gateway::offlineSettings(['library' => $library]));
        echo 'uses ', $client->__debugInfo()['library'], "\n";
    } catch (AntomException $exception) {
        echo $exception->kindName(), ': ', $exception->getMessage(), "\n";
    }
}
