<?php

declare(strict_types=1);

namespace Antom\Exception;

use Antom\ErrorKind;

/** The client was closed. */
class ClosedException extends AntomException
{
    public const KIND = ErrorKind::CLOSED;
}
