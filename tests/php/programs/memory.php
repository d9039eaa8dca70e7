<?php

/**
 * memory.php CALL TIMES: makes a call that many times and prints by how much memory grew meanwhile.
 */

declare(strict_types=1);

namespace Antom\Tests;

use Antom\Client;
use Antom\Exception\ConfigException;
use Antom\Exception\InvalidRequestException;
use Antom\Exception\UntrustedNotificationException;

error_reporting(E_ALL);
require dirname(__DIR__) . '/bootstrap.php';

[, $name, $times] = $argv;
$settings = in_array($name, ['session', 'inquiry', 'call'], true) ? Gateway::settings() : Gateway::offlineSettings();
$client = Client::create($settings);
$body = str_repeat('x', 10000);
$url = 'https://shop.example/';

$time = (string) (1000 * time());
$notification = '{"result":{"resultStatus":"F","resultCode":"CARD_EXPIRED"},"vaultingRequestId":"1"}';
$keys = Repository::json('tests/vectors/signatures.json')['keys'];
$antom = Client::create(Gateway::offlineSettings([
    'private_key' => $keys['gateway']['private_pkcs8_der_b64'],
    'antom_public_key' => $keys['merchant']['public_spki_der_b64'],
]));
$headers = [
    'Client-Id' => Gateway::offlineSettings()['client_id'],
    'Request-Time' => $time,
    'Signature' => $antom->sign('POST', '/notify', $time, $notification),
];

$calls = [
    'sign' => static function () use ($client, $body): void {
        $header = $client->sign('POST', '/x', '1', $body);
        try {
            $client->verify('POST', '/x', '1', $body, $header);
        } catch (\Antom\Exception\UntrustedResponseException $exception) {
            // The key that signs is not the key that verifies.
        }
    },
    'refuse' => static function () use ($client, $body): void {
        try {
            $client->createVaultingSession(['redirectUrl' => $body, 'passThroughMetadata' => ['long' => $body]]);
        } catch (InvalidRequestException $exception) {
            return;
        }
    },
    'session' => static function () use ($client, $url): void {
        $session = $client->createVaultingSession(['paymentMethodType' => 'CARD', 'redirectUrl' => $url]);
        strlen($session->id() . $session->data() . $session->raw());
    },
    'inquiry' => static function () use ($client): void {
        $client->inquireVaulting(['vaultingRequestId' => 'inquiry_succeeded']);
    },
    'call' => static function () use ($client): void {
        $client->withOptions(['timeout_ms' => 9000])
            ->call('/ams/api/v1/vaults/fetchNonce', ['vaultingRequestId' => 'call_succeeded']);
    },
    'notification' => static function () use ($client, $headers, $notification): void {
        $client->verifyNotification('POST', '/notify', $headers, $notification);
    },
    'forged' => static function () use ($client, $headers, $body): void {
        try {
            $client->verifyNotification('POST', '/notify', $headers, $body);
        } catch (UntrustedNotificationException $exception) {
            return;
        }
    },
    'diagnosis' => static function () use ($client, $headers, $notification): void {
        $client->diagnose(false, 'POST', '/x', 'SANDBOX_5X00000000000000', '1', $notification, $headers['Signature']);
    },
    'client' => static function () use ($settings): void {
        Client::create($settings);
    },
    'config' => static function () use ($settings): void {
        try {
            Client::create(['private_key' => 'x'] + $settings);
        } catch (ConfigException $exception) {
            return;
        }
    },
];

function process_kib(): int
{
    preg_match('/^VmRSS:\s+(\d+) kB/m', file_get_contents('/proc/self/status'), $found);
    return (int) $found[1];
}

$growth = ['php_bytes' => 0, 'process_kib' => 0];
foreach ([intdiv((int) $times, 4), (int) $times] as $count) {
    // The first round fills the caches, the second one counts.
    gc_collect_cycles();
    $process = process_kib();
    $php = memory_get_usage();
    for ($i = 0; $i < $count; $i++) {
        $calls[$name]();
    }
    gc_collect_cycles();
    $growth['php_bytes'] = memory_get_usage() - $php;
    $growth['process_kib'] = process_kib() - $process;
}
echo json_encode($growth), "\n";
