<?php

declare(strict_types=1);

namespace Antom\Exception;

use Antom\ErrorKind;

/** The signer failed. Nothing was sent. */
class SigningException extends AntomException
{
    public const KIND = ErrorKind::SIGNING;
}
