<?php

declare(strict_types=1);

namespace Antom;

use Antom\Exception\AntomException;
use Antom\Exception\ApiException;
use Antom\Exception\ClosedException;
use Antom\Exception\ConfigException;
use Antom\Exception\InternalException;
use Antom\Exception\InvalidArgumentException;
use Antom\Exception\InvalidRequestException;
use Antom\Exception\NotSentException;
use Antom\Exception\OutcomeUnknownException;
use Antom\Exception\ProtocolException;
use Antom\Exception\SigningException;
use Antom\Exception\UntrustedNotificationException;
use Antom\Exception\UntrustedResponseException;

/**
 * What can go wrong: the numbers, which are the same in every language and never change, and the exception of each.
 */
final class ErrorKind
{
    /** A value of the wrong type or form: a programming error. */
    public const INVALID_ARGUMENT = 1;
    /** The client cannot be built from these settings. */
    public const CONFIG = 2;
    /** The request breaks the published field rules; nothing was sent. */
    public const INVALID_REQUEST = 3;
    /** The signer failed; nothing was sent. */
    public const SIGNING = 4;
    /** The request did not leave this machine: it is safe to send it again. */
    public const NOT_SENT = 10;
    /** The request may have been processed: do what advice() says. */
    public const OUTCOME_UNKNOWN = 11;
    /** The client was closed. */
    public const CLOSED = 12;
    /** Antom answered F, or U. */
    public const API = 20;
    /** The signature of the answer could not be trusted. */
    public const UNTRUSTED_RESPONSE = 21;
    /** The answer is not what the API documents. */
    public const PROTOCOL = 22;
    /** A notification that must not be acted on. */
    public const UNTRUSTED_NOTIFICATION = 30;
    /** A bug in libantom. */
    public const INTERNAL = 99;

    private const EXCEPTIONS = [
        self::INVALID_ARGUMENT => InvalidArgumentException::class,
        self::CONFIG => ConfigException::class,
        self::INVALID_REQUEST => InvalidRequestException::class,
        self::SIGNING => SigningException::class,
        self::NOT_SENT => NotSentException::class,
        self::OUTCOME_UNKNOWN => OutcomeUnknownException::class,
        self::CLOSED => ClosedException::class,
        self::API => ApiException::class,
        self::UNTRUSTED_RESPONSE => UntrustedResponseException::class,
        self::PROTOCOL => ProtocolException::class,
        self::UNTRUSTED_NOTIFICATION => UntrustedNotificationException::class,
        self::INTERNAL => InternalException::class,
    ];

    private function __construct()
    {
    }

    /**
     * The exception class of a kind; the base class for a number that a newer libantom has and this package does not.
     *
     * @return class-string<AntomException>
     */
    public static function exceptionClass(int $kind): string
    {
        return self::EXCEPTIONS[$kind] ?? AntomException::class;
    }

    /** The name of a kind that this package knows, for example "NotSent". */
    public static function name(int $kind): string
    {
        return substr(self::exceptionClass($kind), strlen('Antom\\Exception\\'), -strlen('Exception'));
    }
}
