<?php

/**
 * What create_client.php does, as a page of PHP's own web server.
 */

declare(strict_types=1);

header('Content-Type: text/plain');
require __DIR__ . '/create_client.php';
