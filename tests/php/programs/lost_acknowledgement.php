<?php

/**
 * The example's endpoint behind a network that loses one answer: the notification is handled, and Antom does not hear it.
 */

declare(strict_types=1);

ob_start();
require dirname(__DIR__, 3) . '/examples/php/notify.php';
if (@unlink(getenv('LOSE_ONE'))) {
    ob_clean();
    http_response_code(504);
}
