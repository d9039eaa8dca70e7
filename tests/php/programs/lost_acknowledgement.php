<?php

/**
 * The example's endpoint behind a network that loses one answer: the notification is handled, but Antom is not told.
 */

declare(strict_types=1);

ob_start();
require dirname(__DIR__, 3) . '/examples/php/notify.php';
if (@unlink(getenv('LOSE_ONE'))) {
    ob_clean();
    http_response_code(504);
}
