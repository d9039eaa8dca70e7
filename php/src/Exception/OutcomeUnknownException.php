<?php

declare(strict_types=1);

namespace Antom\Exception;

use Antom\ErrorKind;

/** The request may have been processed: do what advice() says, and send it again only if isRetryable(). */
class OutcomeUnknownException extends AntomException
{
    public const KIND = ErrorKind::OUTCOME_UNKNOWN;
}
