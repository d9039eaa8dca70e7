<?php

declare(strict_types=1);

namespace Antom\Exception;

use Antom\ErrorKind;

/** The signature of the answer could not be trusted. Do not act on it. */
class UntrustedResponseException extends AntomException
{
    public const KIND = ErrorKind::UNTRUSTED_RESPONSE;
}
