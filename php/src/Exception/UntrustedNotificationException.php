<?php

declare(strict_types=1);

namespace Antom\Exception;

use Antom\ErrorKind;

/** A notification that must not be acted on. */
class UntrustedNotificationException extends AntomException
{
    public const KIND = ErrorKind::UNTRUSTED_NOTIFICATION;
}
