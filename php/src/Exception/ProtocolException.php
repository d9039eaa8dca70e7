<?php

declare(strict_types=1);

namespace Antom\Exception;

use Antom\ErrorKind;

/** The answer is not what the API documents. */
class ProtocolException extends AntomException
{
    public const KIND = ErrorKind::PROTOCOL;
}
