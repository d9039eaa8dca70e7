<?php

declare(strict_types=1);

namespace Antom\Internal\Api;

use Antom\Internal\Native;
use Antom\Vaulting;
use FFI\CData;

/**
 * Reads the antom_vaulting of inquiries, recoveries, cards and notifications.
 *
 * @internal
 */
final class VaultingReader
{
    public const TYPE = 'antom_vaulting';

    /** The values of enum antom_outcome. */
    private const OUTCOMES = [
        0 => Vaulting::PROCESSING,
        1 => Vaulting::SUCCEEDED,
        2 => Vaulting::FAILED,
        3 => Vaulting::UNRECOGNISED,
        4 => Vaulting::NEVER_ARRIVED,
        5 => Vaulting::UNRELATED,
    ];

    private function __construct()
    {
    }

    public static function answer(Native $native, CData $vaulting): Vaulting
    {
        return self::read($native, $vaulting, false);
    }

    public static function notification(Native $native, CData $vaulting): Vaulting
    {
        return self::read($native, $vaulting, true);
    }

    private static function read(Native $native, CData $vaulting, bool $isNotification): Vaulting
    {
        $libantom = $native->functions();
        return new Vaulting([
            'outcome' => self::OUTCOMES[$libantom->antom_vaulting_outcome($vaulting)] ?? Vaulting::UNRECOGNISED,
            'requestId' => $libantom->antom_vaulting_request_id($vaulting),
            'code' => $libantom->antom_vaulting_code($vaulting),
            'message' => $libantom->antom_vaulting_message($vaulting),
            'cardToken' => $libantom->antom_vaulting_card_token($vaulting),
            'cardBrand' => $libantom->antom_vaulting_card_brand($vaulting),
            'cardLastFour' => $libantom->antom_vaulting_card_last_four($vaulting),
            'cardExpiryMonth' => $libantom->antom_vaulting_card_expiry_month($vaulting),
            'cardExpiryYear' => $libantom->antom_vaulting_card_expiry_year($vaulting),
            'nextUrl' => $libantom->antom_vaulting_next_url($vaulting),
            'responseTime' => $libantom->antom_vaulting_response_time($vaulting),
            'clockSkew' => $libantom->antom_vaulting_clock_skew_s($vaulting),
            'raw' => $native->text('antom_vaulting_raw', $vaulting),
            'isNotification' => $isNotification,
        ]);
    }
}
