<?php

declare(strict_types=1);

namespace Antom;

use Antom\Internal\NeverSerialized;
use Antom\Internal\Secret;
use Antom\Internal\Time;

/**
 * What Antom says of a vaulting, in an answer or a notification. Immutable.
 *
 * No dump shows cardToken() or raw(), and it cannot be serialized.
 */
final class Vaulting
{
    use NeverSerialized;

    /** Not finished. The buyer may have to go to nextUrl(). */
    public const PROCESSING = 'processing';
    /** Vaulted: there is a cardToken(). */
    public const SUCCEEDED = 'succeeded';
    /** Not vaulted, and never will be under this vaultingRequestId: see code(). */
    public const FAILED = 'failed';
    /** Antom answered a status that this version does not know; code() has it. Treat it as not finished. */
    public const UNRECOGNISED = 'unrecognised';
    /** Antom never got the request: send it again with the same vaultingRequestId. Only from a recovery. */
    public const NEVER_ARRIVED = 'never_arrived';
    /** The notification is about something else: see raw(). */
    public const UNRELATED = 'unrelated';

    private string $outcome;
    private string $requestId;
    private ?string $code;
    private ?string $message;
    private ?Secret $cardToken;
    private ?string $cardBrand;
    private ?string $cardLastFour;
    private ?string $cardExpiryMonth;
    private ?string $cardExpiryYear;
    private ?string $nextUrl;
    private string $responseTime;
    private int $clockSkew;
    private Secret $raw;
    private bool $isNotification;

    /**
     * Vaultings come from {@see Client}; a test of yours may make its own.
     *
     * @param array{outcome: string, requestId: string, code?: ?string, message?: ?string, cardToken?: ?string,
     *     cardBrand?: ?string, cardLastFour?: ?string, cardExpiryMonth?: ?string, cardExpiryYear?: ?string,
     *     nextUrl?: ?string, responseTime?: string, clockSkew?: int, raw?: string,
     *     isNotification?: bool} $members
     */
    public function __construct(
        #[\SensitiveParameter]
        array $members
    ) {
        $this->outcome = $members['outcome'];
        $this->requestId = $members['requestId'];
        $this->code = $members['code'] ?? null;
        $this->message = $members['message'] ?? null;
        $this->cardToken = isset($members['cardToken']) ? new Secret($members['cardToken']) : null;
        $this->cardBrand = $members['cardBrand'] ?? null;
        $this->cardLastFour = $members['cardLastFour'] ?? null;
        $this->cardExpiryMonth = $members['cardExpiryMonth'] ?? null;
        $this->cardExpiryYear = $members['cardExpiryYear'] ?? null;
        $this->nextUrl = $members['nextUrl'] ?? null;
        $this->responseTime = $members['responseTime'] ?? '';
        $this->clockSkew = $members['clockSkew'] ?? 0;
        $this->raw = new Secret($members['raw'] ?? '');
        $this->isNotification = $members['isNotification'] ?? false;
    }

    /** One of the constants of this class. */
    public function outcome(): string
    {
        return $this->outcome;
    }

    /** Whether there is a token to keep. */
    public function isSucceeded(): bool
    {
        return $this->outcome === self::SUCCEEDED;
    }

    /** Whether it ended without a token. Neither this nor isSucceeded() means: not finished. */
    public function isFailed(): bool
    {
        return $this->outcome === self::FAILED;
    }

    /** The vaultingRequestId that began it; empty if it is unrelated. */
    public function requestId(): string
    {
        return $this->requestId;
    }

    /** Why it ended so, for example "CARD_EXPIRED". New codes appear: do not expect a closed list. */
    public function code(): ?string
    {
        return $this->code;
    }

    /** The same for people. */
    public function message(): ?string
    {
        return $this->message;
    }

    /** The paymentMethodId of later payments, at most 2048 characters: keep it like a password. */
    public function cardToken(): ?string
    {
        return $this->cardToken === null ? null : $this->cardToken->reveal();
    }

    /** For example "VISA". */
    public function cardBrand(): ?string
    {
        return $this->cardBrand;
    }

    public function cardLastFour(): ?string
    {
        return $this->cardLastFour;
    }

    /** Two digits. */
    public function cardExpiryMonth(): ?string
    {
        return $this->cardExpiryMonth;
    }

    /** Two digits. */
    public function cardExpiryYear(): ?string
    {
        return $this->cardExpiryYear;
    }

    /** Where the buyer must go to finish it, if there is such a step. */
    public function nextUrl(): ?string
    {
        return $this->nextUrl;
    }

    /** When Antom answered, with the offset that Antom gave it. Null for a notification. */
    public function responseTime(): ?\DateTimeImmutable
    {
        return Time::read($this->responseTime);
    }

    /** By how many seconds Antom's clock was ahead then; 0 if unknown. */
    public function clockSkew(): int
    {
        return $this->clockSkew;
    }

    /** The whole verified JSON, for members that have no method here. Holds cardToken(). */
    public function raw(): string
    {
        return $this->raw->reveal();
    }

    /** What repetitions of one notification have in common; null for what is no notification of a vaulting. */
    public function notificationKey(): ?string
    {
        if (!$this->isNotification || $this->outcome === self::UNRELATED) {
            return null;
        }
        $status = $this->outcome === self::UNRECOGNISED ? $this->code : $this->outcome;
        return "$status $this->requestId";
    }

    /** @return array<string, mixed> */
    public function __debugInfo(): array
    {
        $shown = get_object_vars($this);
        unset($shown['cardToken'], $shown['raw']);
        return $shown;
    }
}
