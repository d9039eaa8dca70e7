<?php

/** The settings of this shop, which come from the environment: with PHP-FPM, env[ANTOM_CLIENT_ID] of the pool. */

return [
    'client_id' => getenv('ANTOM_CLIENT_ID') ?: null,
    'private_key_path' => getenv('ANTOM_PRIVATE_KEY_PATH') ?: null,
    'antom_public_key_path' => getenv('ANTOM_PUBLIC_KEY_PATH') ?: null,
    'endpoint' => getenv('ANTOM_ENDPOINT') ?: null,
    'ca_certificate_path' => getenv('ANTOM_CA_CERTIFICATE_PATH') ?: null,
];
