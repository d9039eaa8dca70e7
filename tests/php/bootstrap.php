<?php

/**
 * Loads the package as a shop without Composer does, and the classes that the tests share.
 */

declare(strict_types=1);

namespace Antom\Tests;

require dirname(__DIR__, 2) . '/php/autoload.php';
require __DIR__ . '/Repository.php';
require __DIR__ . '/Gateway.php';
require __DIR__ . '/Program.php';
require __DIR__ . '/Compiler.php';
require __DIR__ . '/WebServer.php';
require __DIR__ . '/Sandbox.php';

// An error of any level ends a test. PHPUnit's own code may be deprecated in a PHP that is newer than it.
set_error_handler(static function (int $level, string $message, string $file, int $line): bool {
    $isOurs = strpos($file, Repository::path('')) === 0;
    if ((error_reporting() & $level) === 0 || (!$isOurs && $level === E_DEPRECATED)) {
        return true;
    }
    throw new \ErrorException($message, 0, $level, $file, $line);
});
