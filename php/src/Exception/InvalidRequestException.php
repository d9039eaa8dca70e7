<?php

declare(strict_types=1);

namespace Antom\Exception;

use Antom\ErrorKind;

/** The request breaks the published field rules: see violations(). Nothing was sent. */
class InvalidRequestException extends AntomException
{
    public const KIND = ErrorKind::INVALID_REQUEST;
}
