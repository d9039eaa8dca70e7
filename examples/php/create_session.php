<?php

/**
 * Creates a session with which Antom's front-end SDK collects a card.
 *
 * The settings come from the environment: ANTOM_CLIENT_ID, ANTOM_PRIVATE_KEY_PATH, ANTOM_PUBLIC_KEY_PATH,
 * ANTOM_ENDPOINT, and ANTOM_CA_CERTIFICATE_PATH where the gateway is not Antom's own.
 */

declare(strict_types=1);

// With Composer: require 'vendor/autoload.php';
require __DIR__ . '/../../php/autoload.php';

use Antom\Client;
use Antom\Exception\AntomException;

try {
    $client = Client::create([
        'client_id' => getenv('ANTOM_CLIENT_ID') ?: null,
        'private_key_path' => getenv('ANTOM_PRIVATE_KEY_PATH') ?: null,
        'antom_public_key_path' => getenv('ANTOM_PUBLIC_KEY_PATH') ?: null,
        'endpoint' => getenv('ANTOM_ENDPOINT') ?: null,
        'ca_certificate_path' => getenv('ANTOM_CA_CERTIFICATE_PATH') ?: null,
    ]);

    $session = $client->createVaultingSession([
        'paymentMethodType' => 'CARD',
        'vaultingNotificationUrl' => 'https://shop.example/antom/notify',
        'redirectUrl' => 'https://shop.example/cards',
    ]);
} catch (AntomException $exception) {
    fwrite(STDERR, $exception->getMessage() . "\n" . $exception->advice() . "\n");
    exit(1);
}

// The page hands data() to the front-end SDK; it belongs in no log.
echo 'request id:   ', $session->requestId(), "\n";
echo 'session id:   ', $session->id(), "\n";
echo 'expires at:   ', $session->expiresAt()->format(DATE_ATOM), "\n";
echo 'session data: ', strlen($session->data()), " bytes\n";
