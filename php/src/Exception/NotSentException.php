<?php

declare(strict_types=1);

namespace Antom\Exception;

use Antom\ErrorKind;

/** The request did not leave this machine: it is safe to send it again. */
class NotSentException extends AntomException
{
    public const KIND = ErrorKind::NOT_SENT;
}
