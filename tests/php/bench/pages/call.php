<?php

/** The same page with one call of Antom. */

declare(strict_types=1);

require dirname(__DIR__, 4) . '/php/autoload.php';

Antom\Client::create([
    'client_id' => getenv('ANTOM_CLIENT_ID'),
    'private_key_path' => getenv('ANTOM_PRIVATE_KEY_PATH'),
    'antom_public_key_path' => getenv('ANTOM_PUBLIC_KEY_PATH'),
    'endpoint' => getenv('ANTOM_ENDPOINT'),
    'ca_certificate_path' => getenv('ANTOM_CA_CERTIFICATE_PATH'),
])->createVaultingSession([
    'paymentMethodType' => 'CARD',
    'vaultingNotificationUrl' => 'https://shop.example/notify',
]);
echo 'ok';
