namespace Winnow.Scheduling;

/// <summary>Requests that wait: the highest priority first, and among equals each conversation in its turn. Used by one thread at a time.</summary>
internal sealed class WaitingJobs
{
    /// <summary>The jobs of each conversation in their order; the conversation whose turn is next stands first.</summary>
    private readonly LinkedList<Queue<Job>> _turns = [];
    private readonly Dictionary<object, LinkedListNode<Queue<Job>>> _conversations = [];

    /// <summary>How many wait.</summary>
    public int Count { get; private set; }

    /// <summary>Puts a job behind the others of its conversation.</summary>
    public void Add(Job job)
    {
        if (!_conversations.TryGetValue(job.Conversation, out LinkedListNode<Queue<Job>>? node))
        {
            node = _turns.AddLast(new Queue<Job>());
            _conversations.Add(job.Conversation, node);
        }

        node.Value.Enqueue(job);
        Count++;
    }

    /// <summary>The job whose turn it is; null where none waits.</summary>
    public Job? Peek()
    {
        Job? next = null;
        foreach (Queue<Job> turn in _turns)
        {
            Job job = turn.Peek();
            if (next is null || job.Priority > next.Priority)
            {
                next = job;
            }
        }

        return next;
    }

    /// <summary>Takes the job that <see cref="Peek"/> has named; its conversation's next turn comes after everybody else's.</summary>
    public void Take(Job job)
    {
        LinkedListNode<Queue<Job>> node = _conversations[job.Conversation];
        node.Value.Dequeue();
        Count--;
        _turns.Remove(node);
        if (node.Value.Count > 0)
        {
            _turns.AddLast(node);
        }
        else
        {
            _conversations.Remove(job.Conversation);
        }
    }

    /// <summary>Takes the jobs out that are to end without having begun.</summary>
    public IReadOnlyList<Job> TakeCancelled()
    {
        List<Job> cancelled = [];
        for (LinkedListNode<Queue<Job>>? node = _turns.First, next; node is not null; node = next)
        {
            next = node.Next;
            if (!node.Value.Any(job => job.IsCancelled))
            {
                continue;
            }

            object conversation = node.Value.Peek().Conversation;
            cancelled.AddRange(node.Value.Where(job => job.IsCancelled));
            node.Value = new Queue<Job>(node.Value.Where(job => !job.IsCancelled));
            if (node.Value.Count == 0)
            {
                _turns.Remove(node);
                _conversations.Remove(conversation);
            }
        }

        Count -= cancelled.Count;
        return cancelled;
    }
}
