<?php

/** Makes the shop's tables, once: php examples/php/shop/install.php */

declare(strict_types=1);

require __DIR__ . '/../../../php/autoload.php'; // With Composer: vendor/autoload.php

$database = new PDO(getenv('SHOP_DATABASE'), null, null, [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
$database->exec(
    'CREATE TABLE IF NOT EXISTS cards (vaulting VARCHAR(64) NOT NULL PRIMARY KEY, token VARCHAR(2048) NOT NULL,'
    . ' brand VARCHAR(64), last_four CHAR(4))'
);
(new Antom\PdoReplayGuard($database))->createTable();
