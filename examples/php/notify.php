<?php

/** Receives Antom's notifications: verifies one, keeps the card once however often it is repeated, acknowledges it. */

declare(strict_types=1);

require __DIR__ . '/../../php/autoload.php'; // With Composer: vendor/autoload.php

$client = Antom\Client::create(require __DIR__ . '/settings.php'); // Needs ffi.enable: docs/php.md says how.
try {
    $body = file_get_contents('php://input');
    $notification = $client->verifyNotification($_SERVER['REQUEST_METHOD'], $_SERVER['REQUEST_URI'], $_SERVER, $body);
} catch (Antom\Exception\UntrustedNotificationException $exception) {
    error_log($exception->getMessage());
    http_response_code(400);
    exit;
}

$database = new PDO(getenv('SHOP_DATABASE'), null, null, [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
$database->beginTransaction(); // What fails from here on is undone, and Antom sends it again.
if ((new Antom\PdoReplayGuard($database))->claim($notification) && $notification->isSucceeded()) {
    $card = [$notification->cardToken(), $notification->cardBrand(), $notification->cardLastFour()];
    $insert = $database->prepare('INSERT INTO cards (vaulting, token, brand, last_four) VALUES (?, ?, ?, ?)');
    $insert->execute(array_merge([$notification->requestId()], $card));
}
$database->commit();
header('Content-Type: application/json');
echo $client->acknowledgement();
