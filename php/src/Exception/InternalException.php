<?php

declare(strict_types=1);

namespace Antom\Exception;

use Antom\ErrorKind;

/** A bug in libantom. The outcome of the call is unknown. */
class InternalException extends AntomException
{
    public const KIND = ErrorKind::INTERNAL;
}
