<?php

/**
 * Loads the package as a shop without Composer does, and the classes that the tests share.
 */

declare(strict_types=1);

require dirname(__DIR__, 2) . '/php/autoload.php';
require __DIR__ . '/Repository.php';
require __DIR__ . '/Gateway.php';
require __DIR__ . '/Program.php';
require __DIR__ . '/Compiler.php';
require __DIR__ . '/WebServer.php';
require __DIR__ . '/Sandbox.php';
