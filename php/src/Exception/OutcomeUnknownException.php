<?php

declare(strict_types=1);

namespace Antom\Exception;

use Antom\ErrorKind;

/** The request may have been processed: inquire, or send it again with the same vaultingRequestId. */
class OutcomeUnknownException extends AntomException
{
    public const KIND = ErrorKind::OUTCOME_UNKNOWN;
}
