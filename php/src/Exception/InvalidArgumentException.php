<?php

declare(strict_types=1);

namespace Antom\Exception;

use Antom\ErrorKind;

/** A value of the wrong type or form: a programming error. Nothing was sent. */
class InvalidArgumentException extends AntomException
{
    public const KIND = ErrorKind::INVALID_ARGUMENT;
}
