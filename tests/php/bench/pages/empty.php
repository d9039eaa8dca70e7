<?php

/** What a page costs that does nothing. */

declare(strict_types=1);

echo 'ok';
