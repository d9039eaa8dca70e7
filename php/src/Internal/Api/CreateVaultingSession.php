<?php

declare(strict_types=1);

namespace Antom\Internal\Api;

use Antom\Internal\Check;
use Antom\Internal\Native;
use Antom\VaultingSession;
use FFI\CData;

/**
 * createVaultingSession between PHP and C: the fields that go in, the object that comes out.
 *
 * @internal
 */
final class CreateVaultingSession
{
    public const FUNCTION_NAME = 'antom_client_create_vaulting_session';
    public const REQUEST = 'antom_create_vaulting_session_request';
    public const RESPONSE = 'antom_vaulting_session';

    private const TEXT = 'text';
    private const TEXT_OR_MAP = 'text or map';
    private const BOOLEAN = 'boolean';

    /** Each field of the API with its type and its member in C. */
    private const FIELDS = [
        'paymentMethodType' => [self::TEXT, 'payment_method_type'],
        'vaultingRequestId' => [self::TEXT, 'vaulting_request_id'],
        'vaultingNotificationUrl' => [self::TEXT, 'vaulting_notification_url'],
        'redirectUrl' => [self::TEXT, 'redirect_url'],
        'passThroughMetadata' => [self::TEXT_OR_MAP, 'pass_through_metadata'],
        'merchantRegion' => [self::TEXT, 'merchant_region'],
        'is3DSAuthentication' => [self::BOOLEAN, 'is_3ds_authentication'],
    ];

    private function __construct()
    {
    }

    /**
     * The members of the C struct.
     *
     * @param array<array-key, mixed> $request null is as good as absent
     * @return array<string, int|string>
     */
    public static function members(
        #[\SensitiveParameter]
        array $request
    ): array {
        $members = [];
        $texts = [];
        foreach ($request as $field => $value) {
            if (!isset(self::FIELDS[$field])) {
                Check::names('field', $request, self::FIELDS);
            }
            if ($value === null) {
                continue;
            }
            [$type, $member] = self::FIELDS[$field];
            if ($type === self::TEXT && is_string($value)) {
                $members[$member] = $texts[$field] = $value;
            } elseif ($type === self::BOOLEAN) {
                $members[$member] = Check::boolean("field \"$field\"", $value) ? 1 : -1;
            } elseif ($type === self::TEXT_OR_MAP) {
                $members[$member] = Check::textOrMap("field \"$field\"", $value);
            } else {
                Check::text("field \"$field\"", $value);
            }
        }
        // All at once, for that is quicker, and one by one to say which.
        if (!Check::areTexts($texts)) {
            foreach ($texts as $field => $text) {
                Check::text("field \"$field\"", $text);
            }
        }
        return $members;
    }

    public static function response(Native $native, CData $session): VaultingSession
    {
        $libantom = $native->functions();
        return new VaultingSession(
            $libantom->antom_vaulting_session_request_id($session),
            $libantom->antom_vaulting_session_id($session),
            $native->text('antom_vaulting_session_data', $session),
            $libantom->antom_vaulting_session_expires_at($session),
            $libantom->antom_vaulting_session_normal_url($session),
            $native->text('antom_vaulting_session_raw', $session),
            $libantom->antom_vaulting_session_response_time($session),
            $libantom->antom_vaulting_session_clock_skew_s($session)
        );
    }
}
